/**
 * Ciphers of `node:crypto`: AES, in the call, which WebCrypto's is not.
 *
 *     setAAD, setAuthTag, setAutoPadding > update ... update > final > getAuthTag
 */

import { StringDecoder } from 'node:string_decoder'
import { Buffer } from '../buffer.ts'
import { Transform } from '../stream.ts'
import { type Aes, BLOCK, BlockAes, GcmAes, StreamAes } from './aes.ts'
import { type Data, toBytes } from './data.ts'
import { type KeyObject, toSecret } from './key-object.ts'

const SIZES = [128, 192, 256] as const
const MODES = ['cbc', 'ctr', 'ecb', 'gcm'] as const
const NAME = /^(?:aes-?|id-aes)(128|192|256)-(cbc|ctr|ecb|gcm)$/i

type Mode = (typeof MODES)[number]
type Done = (error?: Error | null, data?: unknown) => void

interface CipherInfo {
  readonly name: string
  readonly mode: Mode
  readonly keyLength: number
  readonly blockSize?: number
  readonly ivLength?: number
}

interface CipherOptions {
  readonly authTagLength?: number
}

type Kind = typeof Error

const fail = (kind: Kind, code: string, message: string) => Object.assign(new kind(message), { code })

export const getCiphers = (): string[] => SIZES.flatMap((size) => MODES.map((mode) => `aes-${size}-${mode}`))

/** `crypto.getCipherInfo`, of a name. */
export function getCipherInfo(name: string): CipherInfo | undefined {
  const [, size, given] = NAME.exec(name) ?? []
  if (size === undefined || given === undefined) return undefined
  const mode = given.toLowerCase() as Mode
  return {
    name: `aes-${size}-${mode}`,
    mode,
    keyLength: Number(size) / 8,
    ...(mode === 'cbc' || mode === 'ecb' ? { blockSize: BLOCK } : {}),
    ...(mode === 'ecb' ? {} : { ivLength: mode === 'gcm' ? 12 : BLOCK }),
  }
}

function makeAes(
  { mode, ivLength = 0 }: CipherInfo,
  isEncrypting: boolean,
  key: Uint8Array,
  iv: Uint8Array,
): Aes {
  if (mode === 'gcm' ? iv.length === 0 : iv.length !== ivLength)
    throw fail(TypeError, 'ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector')
  if (mode === 'gcm') return new GcmAes(isEncrypting, key, iv)
  if (mode === 'ctr') return new StreamAes(key, iv, false)
  return new BlockAes(isEncrypting, key, mode === 'cbc' ? iv : undefined)
}

/** `Cipheriv`, and `Decipheriv` as well. */
class AesTransform extends Transform {
  readonly #isEncrypting: boolean
  readonly #aes: Aes
  readonly #tagLength: number | undefined
  #decoder: StringDecoder | undefined
  #isOver = false

  constructor(
    isEncrypting: boolean,
    name: string,
    key: Data | KeyObject,
    iv: Data | null,
    { authTagLength }: CipherOptions = {},
  ) {
    super()
    const info = getCipherInfo(name)
    if (info === undefined)
      throw fail(
        Error,
        'ERR_CRYPTO_UNKNOWN_CIPHER',
        `Unknown cipher "${name}": expected one of ${getCiphers().join(', ')}`,
      )
    const secret = toSecret(key).slice()
    if (secret.length !== info.keyLength)
      throw fail(RangeError, 'ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length')
    this.#isEncrypting = isEncrypting
    this.#tagLength = authTagLength
    this.#aes = makeAes(info, isEncrypting, secret, iv === null ? new Uint8Array(0) : toBytes(iv).slice())
  }

  update(data: Data, encoding?: BufferEncoding): Buffer
  update(data: Data, encoding: BufferEncoding | undefined, output: BufferEncoding): string
  update(data: Data, encoding?: BufferEncoding, output?: BufferEncoding): Buffer | string {
    this.#requireOpen('update')
    return this.#give(this.#aes.update(toBytes(data, encoding)), output, false)
  }

  final(): Buffer
  final(output: BufferEncoding): string
  final(output?: BufferEncoding): Buffer | string {
    this.#requireOpen('final')
    this.#isOver = true
    return this.#give(this.#finish(), output, true)
  }

  setAutoPadding(isPadded = true): this {
    this.#requireOpen('setAutoPadding')
    if (this.#aes instanceof BlockAes) this.#aes.isPadded = isPadded
    return this
  }

  setAAD(data: Data, options: { encoding?: BufferEncoding } = {}): this {
    this.#requireGcm('setAAD').addExtra(toBytes(data, options.encoding))
    return this
  }

  getAuthTag(): Buffer {
    const { tag } = this.#requireGcm('getAuthTag')
    if (!this.#isEncrypting || tag === undefined) throw wrongState('getAuthTag')
    return Buffer.from(tag.subarray(0, this.#tagLength))
  }

  setAuthTag(data: Data, encoding?: BufferEncoding): this {
    const gcm = this.#requireGcm('setAuthTag')
    if (this.#isEncrypting || this.#isOver) throw wrongState('setAuthTag')
    const tag = toBytes(data, encoding).slice()
    const isRight = [4, 8, 12, 13, 14, 15, BLOCK].includes(tag.length)
    if (!isRight || (this.#tagLength ?? tag.length) !== tag.length)
      throw fail(TypeError, 'ERR_CRYPTO_INVALID_AUTH_TAG', `Invalid authentication tag length: ${tag.length}`)
    gcm.tag = tag
    return this
  }

  override _transform(chunk: Data, encoding: string, done: Done): void {
    done(null, this.update(chunk, encoding as BufferEncoding))
  }

  override _flush(done: Done): void {
    let last: Buffer
    try {
      last = this.final()
    } catch (error) {
      done(error as Error)
      return
    }
    done(null, last)
  }

  #finish(): Uint8Array {
    try {
      return this.#aes.final()
    } catch (error) {
      if (this.#aes instanceof GcmAes) throw error
      const message = this.#isEncrypting ? 'wrong final block length' : 'bad decrypt'
      throw fail(
        Error,
        this.#isEncrypting ? 'ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH' : 'ERR_OSSL_BAD_DECRYPT',
        message,
      )
    }
  }

  /** As a text, what does not fill a character waits for more. */
  #give(bytes: Uint8Array, output: BufferEncoding | 'buffer' | undefined, isLast: boolean): Buffer | string {
    const made = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (output === undefined || output === 'buffer') return made
    this.#decoder ??= new StringDecoder(output)
    return this.#decoder.write(made) + (isLast ? this.#decoder.end() : '')
  }

  #requireOpen(name: string): void {
    if (this.#isOver) throw wrongState(name)
  }

  #requireGcm(name: string): GcmAes {
    if (!(this.#aes instanceof GcmAes)) throw wrongState(name)
    return this.#aes
  }
}

const wrongState = (name: string) =>
  fail(Error, 'ERR_CRYPTO_INVALID_STATE', `Invalid state for operation ${name}`)

type Arguments = [name: string, key: Data | KeyObject, iv: Data | null, options?: CipherOptions]

export const createCipheriv = (...args: Arguments): AesTransform => new AesTransform(true, ...args)
export const createDecipheriv = (...args: Arguments): AesTransform => new AesTransform(false, ...args)
