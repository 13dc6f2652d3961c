/**
 * Hashes, HMACs and what is derived with them, all at once: Node.js gives their results in the call, which WebCrypto does
 * not, so they are computed here by a package in JavaScript.
 */

import { blake2b, blake2s } from '@noble/hashes/blake2.js'
import { hkdf as deriveHkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js'
import { pbkdf2 as derivePbkdf2 } from '@noble/hashes/pbkdf2.js'
import { scrypt as deriveScrypt } from '@noble/hashes/scrypt.js'
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from '@noble/hashes/sha2.js'
import { sha3_224, sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js'
import { Buffer } from '../buffer.ts'
import { type Data, toBytes } from './data.ts'
import { KeyObject } from './key-object.ts'

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

type Engine = ReturnType<typeof sha256.create>
type Callback = (error: Error | null, key?: Buffer) => void

export const getHashes = (): string[] => Object.keys(HASHES)

function findHash(name: string): typeof sha256 {
  const key = name.toLowerCase().replace(/^rsa-/, '').replace(/^sha-/, 'sha').replace('/', '-')
  if (!Object.hasOwn(HASHES, key)) {
    throw Object.assign(new Error(`Digest method not supported: ${name}`), {
      code: 'ERR_CRYPTO_INVALID_DIGEST',
    })
  }
  return HASHES[key as keyof typeof HASHES] as unknown as typeof sha256
}

/** What takes data and gives a digest once. */
class Digester {
  readonly #engine: Engine
  #isOver = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  update(data: Data, encoding?: BufferEncoding): this {
    this.#requireOpen()
    this.#engine.update(toBytes(data, encoding))
    return this
  }

  digest(): Buffer
  digest(encoding: BufferEncoding): string
  digest(encoding?: BufferEncoding | 'buffer'): Buffer | string {
    this.#requireOpen()
    this.#isOver = true
    const digest = Buffer.from(this.#engine.digest())
    return encoding === undefined || encoding === 'buffer' ? digest : digest.toString(encoding)
  }

  protected get engine(): Engine {
    this.#requireOpen()
    return this.#engine
  }

  #requireOpen(): void {
    if (this.#isOver)
      throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' })
  }
}

export class Hash extends Digester {
  copy(): Hash {
    return new Hash(this.engine.clone())
  }
}

export class Hmac extends Digester {}

export function createHash(algorithm: string): Hash {
  return new Hash(findHash(algorithm).create())
}

export function createHmac(algorithm: string, key: Data | KeyObject): Hmac {
  const secret = key instanceof KeyObject ? key.export() : toBytes(key)
  return new Hmac(hmac.create(findHash(algorithm), secret) as unknown as Engine)
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
  name: string,
): Buffer {
  return Buffer.from(
    derivePbkdf2(findHash(name), toBytes(password), toBytes(salt), { c: iterations, dkLen: length }),
  )
}

export function pbkdf2(
  password: Data,
  salt: Data,
  iterations: number,
  length: number,
  name: string,
  callback: Callback,
): void {
  later(() => pbkdf2Sync(password, salt, iterations, length, name), callback)
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
  const settings = { N: N ?? cost, r: r ?? blockSize, p: p ?? parallelization, dkLen: length }
  return Buffer.from(deriveScrypt(toBytes(password), toBytes(salt), settings))
}

export function scrypt(
  password: Data,
  salt: Data,
  length: number,
  options: ScryptOptions | Callback,
  callback?: Callback,
): void {
  if (typeof options === 'function') later(() => scryptSync(password, salt, length), options)
  else later(() => scryptSync(password, salt, length, options), callback!)
}

export function hkdfSync(
  name: string,
  key: Data | KeyObject,
  salt: Data,
  info: Data,
  length: number,
): ArrayBuffer {
  const secret = key instanceof KeyObject ? key.export() : toBytes(key)
  const derived = deriveHkdf(findHash(name), secret, toBytes(salt), toBytes(info), length)
  return derived.slice().buffer
}

export function hkdf(
  name: string,
  key: Data | KeyObject,
  salt: Data,
  info: Data,
  length: number,
  callback: (error: Error | null, key?: ArrayBuffer) => void,
): void {
  later(() => hkdfSync(name, key, salt, info, length), callback)
}

function later<T>(compute: () => T, callback: (error: Error | null, value?: T) => void): void {
  queueMicrotask(() => {
    let value: T
    try {
      value = compute()
    } catch (error) {
      callback(error as Error)
      return
    }
    callback(null, value)
  })
}
