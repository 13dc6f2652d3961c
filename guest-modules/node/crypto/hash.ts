/**
 * Hashes, HMACs and what is derived with them, all at once: Node.js gives their results in the call. The host computes them;
 * at the top level of an app, which runs when it is built, there is none, and a package in JavaScript does.
 */

import { blake2b, blake2s } from '@noble/hashes/blake2.js'
import { hkdf as deriveHkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js'
import { pbkdf2 as derivePbkdf2 } from '@noble/hashes/pbkdf2.js'
import { scrypt as deriveScrypt } from '@noble/hashes/scrypt.js'
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from '@noble/hashes/sha2.js'
import { sha3_224, sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js'
import { door } from '../../door.ts'
import { Buffer } from '../buffer.ts'
import { answer, type Callback } from './answer.ts'
import { type Data, toBuffer, toBytes } from './data.ts'
import { LazyTransform } from './lazy-transform.ts'
import { type Engine, type HashEngine, HostHash, HostMac } from './host-hash.ts'
import { type KeyObject, toSecret } from './key-object.ts'

const HASHES = {
  md5,
  ripemd160,
  rmd160: ripemd160,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  'sha512-224': sha512_224,
  'sha512-256': sha512_256,
  'sha3-224': sha3_224,
  'sha3-256': sha3_256,
  'sha3-384': sha3_384,
  'sha3-512': sha3_512,
  blake2b512: blake2b,
  blake2s256: blake2s,
} as const

type Name = keyof typeof HASHES

export const getHashes = (): string[] => Object.keys(HASHES)

function toName(algorithm: string): Name {
  const key = algorithm.toLowerCase().replace(/^rsa-/, '').replace(/^sha-/, 'sha').replace('/', '-')
  if (Object.hasOwn(HASHES, key)) return key as Name
  throw Object.assign(new Error(`Digest method not supported: ${algorithm}`), {
    code: 'ERR_CRYPTO_INVALID_DIGEST',
  })
}

/** What takes data and gives a digest once, in calls or as a stream. `E`: how it is made. */
class Digester<E extends Engine> extends LazyTransform {
  protected readonly engine: E
  /** Of a stream that has come to its end. */
  #digest: Buffer | undefined
  #isOver = false

  constructor(engine: E) {
    super()
    this.engine = engine
  }

  update(data: Data, encoding?: BufferEncoding): this {
    this.requireOpen()
    this.engine.update(toBytes(data, encoding))
    return this
  }

  digest(): Buffer
  digest(encoding: BufferEncoding): string
  digest(encoding?: BufferEncoding | 'buffer'): Buffer | string {
    this.requireOpen()
    this.#isOver = true
    const digest = (this.#digest ??= Buffer.from(this.engine.digest()))
    return encoding === undefined || encoding === 'buffer' ? digest : digest.toString(encoding)
  }

  override _transform(chunk: Data, encoding: string, done: (error?: Error | null) => void): void {
    this.update(chunk, encoding as BufferEncoding)
    done()
  }

  override _flush(done: (error: Error | null, digest: Buffer) => void): void {
    done(null, (this.#digest ??= Buffer.from(this.engine.digest())))
  }

  protected requireOpen(): void {
    if (this.#isOver)
      throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' })
  }
}

export class Hash extends Digester<HashEngine> {
  copy(): Hash {
    this.requireOpen()
    return new Hash(this.engine.clone())
  }
}

export class Hmac extends Digester<Engine> {}

export function createHash(algorithm: string): Hash {
  const name = toName(algorithm)
  return new Hash(door.phase.isLive ? new HostHash(name) : HASHES[name].create())
}

export function createHmac(algorithm: string, key: Data | KeyObject): Hmac {
  const name = toName(algorithm)
  const secret = toSecret(key)
  if (door.phase.isLive) return new Hmac(new HostMac(name, secret.slice()))
  return new Hmac(hmac.create(HASHES[name], secret))
}

/** `crypto.hash` */
export function hash(
  algorithm: string,
  data: Data,
  encoding: BufferEncoding | 'buffer' = 'hex',
): Buffer | string {
  const digest = createHash(algorithm).update(data).digest()
  return encoding === 'buffer' ? digest : digest.toString(encoding)
}

export function pbkdf2Sync(
  password: Data,
  salt: Data,
  iterations: number,
  length: number,
  algorithm: string,
): Buffer {
  const name = toName(algorithm)
  const [secret, salted] = [toBytes(password), toBytes(salt)]
  if (door.phase.isLive)
    return toBuffer(door.compute({ name: 'pbkdf2', algorithm: name, iterations, length }, secret, salted))
  return Buffer.from(
    derivePbkdf2(HASHES[name] as typeof sha256, secret, salted, { c: iterations, dkLen: length }),
  )
}

/** By WebCrypto, which does not hold up the app, where that has the hash. */
export function pbkdf2(
  password: Data,
  salt: Data,
  iterations: number,
  length: number,
  algorithm: string,
  callback: Callback<Buffer>,
): void {
  const hash = /^sha(1|256|384|512)$/.exec(toName(algorithm))?.[1]
  if (hash === undefined || !door.phase.isLive)
    return void answer(() => pbkdf2Sync(password, salt, iterations, length, algorithm), callback)
  const { subtle } = globalThis.crypto
  const settings = { name: 'PBKDF2', hash: `SHA-${hash}`, salt: toBytes(salt).slice(), iterations }
  void subtle
    .importKey('raw', toBytes(password).slice(), 'PBKDF2', false, ['deriveBits'])
    .then((key) => subtle.deriveBits(settings, key, 8 * length))
    .then(
      (bits) => callback(null, Buffer.from(bits)),
      (error: unknown) => callback(error as Error),
    )
}

interface ScryptOptions {
  readonly N?: number
  readonly cost?: number
  readonly r?: number
  readonly blockSize?: number
  readonly p?: number
  readonly parallelization?: number
}

export function scryptSync(password: Data, salt: Data, length: number, options: ScryptOptions = {}): Buffer {
  const { N, cost = 16_384, r, blockSize = 8, p, parallelization = 1 } = options
  const settings = { N: N ?? cost, r: r ?? blockSize, p: p ?? parallelization }
  const [secret, salted] = [toBytes(password), toBytes(salt)]
  if (door.phase.isLive)
    return toBuffer(door.compute({ name: 'scrypt', ...settings, length }, secret, salted))
  return Buffer.from(deriveScrypt(secret, salted, { ...settings, dkLen: length }))
}

export function scrypt(
  password: Data,
  salt: Data,
  length: number,
  options: ScryptOptions | Callback<Buffer>,
  callback?: Callback<Buffer>,
): void {
  if (typeof options === 'function') answer(() => scryptSync(password, salt, length), options)
  else answer(() => scryptSync(password, salt, length, options), callback)
}

export function hkdfSync(
  algorithm: string,
  key: Data | KeyObject,
  salt: Data,
  info: Data,
  length: number,
): ArrayBuffer {
  const name = toName(algorithm)
  const [secret, salted, about] = [toSecret(key), toBytes(salt), toBytes(info)]
  const derived = door.phase.isLive
    ? (door.compute({ name: 'hkdf', algorithm: name, length }, secret, salted, about) as Uint8Array)
    : deriveHkdf(HASHES[name], secret, salted, about, length)
  return derived.slice().buffer
}

export function hkdf(
  algorithm: string,
  key: Data | KeyObject,
  salt: Data,
  info: Data,
  length: number,
  callback: Callback<ArrayBuffer>,
): void {
  answer(() => hkdfSync(algorithm, key, salt, info, length), callback)
}
