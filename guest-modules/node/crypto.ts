/**
 * `node:crypto`: random values by WebCrypto, ciphers in JavaScript, and hashes, keys and signatures by the host, all in
 * `crypto/`; the rest throws when called.
 */

import unenv from 'unenv/node/crypto'
import { Buffer } from './buffer.ts'
import * as ciphers from './crypto/cipher.ts'
import { type Data, toBytes } from './crypto/data.ts'
import * as hashes from './crypto/hash.ts'
import * as certificates from './crypto/certificate.ts'
import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from './crypto/key-object.ts'
import * as pairs from './crypto/key-pair.ts'
import * as signatures from './crypto/sign.ts'

const base = unenv as typeof import('node:crypto')

/** The most that WebCrypto gives at once. */
const MOST_RANDOM = 65_536
const MOST_INTEGER = 2 ** 48

type Callback<T> = (error: Error | null, value?: T) => void

const fail = (name: string, code: string, message: string) =>
  Object.assign(new (name === 'RangeError' ? RangeError : TypeError)(message), { code })

export function randomFillSync<T extends ArrayBuffer | ArrayBufferView>(
  into: T,
  offset = 0,
  size?: number,
): T {
  const all = toBytes(into)
  const bytes = all.subarray(
    offset,
    size === undefined ? all.length : offset + size,
  ) as Uint8Array<ArrayBuffer>
  for (let at = 0; at < bytes.length; at += MOST_RANDOM) {
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM))
  }
  return into
}

export function randomFill(into: ArrayBuffer | ArrayBufferView, ...rest: unknown[]): void {
  const callback = rest.pop() as Callback<typeof into>
  const [offset, size] = rest as number[]
  randomFillSync(into, offset, size)
  queueMicrotask(() => callback(null, into))
}

export function randomBytes(size: number, callback?: Callback<Buffer>): Buffer | undefined {
  const bytes = randomFillSync(Buffer.alloc(size))
  if (callback === undefined) return bytes
  queueMicrotask(() => callback(null, bytes))
  return undefined
}

export function randomInt(...args: unknown[]): number | undefined {
  const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback<number>) : undefined
  const [least, most] = (args.length === 1 ? [0, args[0]] : args) as [number, number]
  const range = most - least
  if (!Number.isSafeInteger(least) || !Number.isSafeInteger(most) || range <= 0 || range > MOST_INTEGER) {
    throw fail(
      'RangeError',
      'ERR_OUT_OF_RANGE',
      'expected two integers less than 2 ** 48 apart, the greater last',
    )
  }
  // numbers above the last whole multiple of the range would come out more often
  const limit = MOST_INTEGER - (MOST_INTEGER % range)
  let value: number
  do value = randomFillSync(Buffer.alloc(6)).readUIntBE(0, 6)
  while (value >= limit)
  const result = least + (value % range)
  if (callback === undefined) return result
  queueMicrotask(() => callback(null, result))
  return undefined
}

export function timingSafeEqual(a: Data, b: Data): boolean {
  const left = toBytes(a)
  const right = toBytes(b)
  if (left.length !== right.length) {
    throw fail(
      'RangeError',
      'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
      'Input buffers must have the same byte length',
    )
  }
  let difference = 0
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!
  return difference === 0
}

export const randomUUID = (): string => globalThis.crypto.randomUUID()
export const getRandomValues: Crypto['getRandomValues'] = (into) => globalThis.crypto.getRandomValues(into)
export const webcrypto = globalThis.crypto
export const { subtle } = globalThis.crypto

export { createCipheriv, createDecipheriv, getCipherInfo, getCiphers } from './crypto/cipher.ts'
export {
  createHash,
  createHmac,
  getHashes,
  Hash,
  hash,
  hkdf,
  hkdfSync,
  Hmac,
  pbkdf2,
  pbkdf2Sync,
  scrypt,
  scryptSync,
} from './crypto/hash.ts'
export { X509Certificate } from './crypto/certificate.ts'
export {
  createECDH,
  diffieHellman,
  ECDH,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  getCurves,
} from './crypto/key-pair.ts'
export {
  createSign,
  createVerify,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  Sign,
  sign,
  Verify,
  verify,
} from './crypto/sign.ts'
export { createPrivateKey, createPublicKey, createSecretKey, KeyObject }
export const { Certificate, constants, createDiffieHellman, fips, getFips, setFips } = base

export default {
  ...base,
  ...certificates,
  ...ciphers,
  ...hashes,
  ...pairs,
  ...signatures,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  KeyObject,
  getRandomValues,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  subtle,
  timingSafeEqual,
  webcrypto,
}
