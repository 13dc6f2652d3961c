/**
 * `crypto.subtle` as the Web Cryptography API says it, for digests and HMAC. Every other algorithm is
 * refused with a NotSupportedError: with some the engine ends the instance, with others it signs wrongly.
 *
 * Arguments are read and copied before anything is awaited: what an app does to them later is nothing to us.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/* oxlint-disable oxc/no-this-in-exported-function -- methods for a prototype that is not ours */

import { requireLive } from '../turn/phase.ts'
import { type Bytes, bytesOf } from './buffer-source.ts'
import { CryptoKey, hasBrand, type KeyUsage, makeKey, type Secret, secretOf } from './crypto-key.ts'
import { digest as digestOf } from './digest.ts'
import { BLOCK_BYTES, computeMac, HASHES, type HashName, isEqual, preparePads } from './hmac.ts'
import { type Jwk, readJwk, writeJwk } from './jwk.ts'
import { NativeDOMException, NativeTypeError, uncurry } from './primordials.ts'

type Fields = Readonly<Record<string, unknown>>
type Format = (typeof FORMATS)[number]

const FORMATS = ['raw', 'pkcs8', 'spki', 'jwk'] as const
const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey']
/** MD5 is in no standard of the Web, but Workers have it. */
const DIGESTS = [...HASHES, 'MD5']
const MOST_BITS = 2 ** 32 - 1
/** As many as the engine gives in one call. */
const MOST_RANDOM_BYTES = 65_536

const { subtle } = crypto
const getRandomValues = uncurry(crypto.getRandomValues)

export async function digest(this: unknown, algorithm: unknown, data: unknown): Promise<Bytes['buffer']> {
  requireSubtle(this)
  const bytes = toBytes(data)
  const name = toName(toFields(algorithm))
  if (!DIGESTS.includes(name)) throw fail('NotSupportedError', `the digest ${name} is not supported`)
  return (await digestOf(name, bytes)).buffer
}

export async function importKey(
  this: unknown,
  format: unknown,
  keyData: unknown,
  algorithm: unknown,
  extractable: unknown,
  usages: unknown,
): Promise<CryptoKey> {
  requireSubtle(this)
  const kind = toFormat(format)
  const given = bytesOf(keyData)
  const wanted = toUsages(usages)
  const { hash, bits } = toHmacParameters(algorithm)
  if (kind === 'jwk' && (given !== undefined || !isObject(keyData))) {
    throw new NativeTypeError('importKey: expected an object, as the format is jwk')
  }
  if (kind !== 'jwk' && given === undefined) {
    throw new NativeTypeError(`importKey: expected an ArrayBuffer or a view, as the format is ${kind}`)
  }
  const allowed = requireHmacUsages(wanted)
  if (kind !== 'raw' && kind !== 'jwk') throw fail('NotSupportedError', `HMAC keys have no format ${kind}`)
  const bytes = given
    ? new Uint8Array(given)
    : readJwk(keyData as Jwk, { hash, usages: wanted, extractable: Boolean(extractable) })
  const length = bits ?? bytes.length * 8
  if (bytes.length === 0) throw fail('DataError', 'an HMAC key cannot be empty')
  if (length > bytes.length * 8 || length <= bytes.length * 8 - 8) {
    throw fail('DataError', `the key has ${bytes.length} bytes, which is not the length ${length}`)
  }
  return toKey(hash, bytes, length, Boolean(extractable), allowed)
}

export async function generateKey(
  this: unknown,
  algorithm: unknown,
  extractable: unknown,
  usages: unknown,
): Promise<CryptoKey> {
  requireSubtle(this)
  const wanted = toUsages(usages)
  const { hash, bits } = toHmacParameters(algorithm)
  const allowed = requireHmacUsages(wanted)
  const length = bits ?? BLOCK_BYTES[hash] * 8
  if (length === 0) throw fail('OperationError', 'an HMAC key cannot be empty')
  requireLive('crypto.subtle.generateKey()')
  const bytes = new Uint8Array(Math.ceil(length / 8))
  for (let at = 0; at < bytes.length; at += MOST_RANDOM_BYTES) {
    getRandomValues(crypto, bytes.subarray(at, at + MOST_RANDOM_BYTES))
  }
  return toKey(hash, bytes, length, Boolean(extractable), allowed)
}

export async function exportKey(
  this: unknown,
  format: unknown,
  key: unknown,
): Promise<Bytes['buffer'] | Jwk> {
  requireSubtle(this)
  const kind = toFormat(format)
  const secret = toSecret(key)
  if (!secret.extractable) throw fail('InvalidAccessError', 'the key is not extractable')
  if (kind === 'raw') return new Uint8Array(secret.bytes).buffer
  if (kind === 'jwk') return writeJwk(secret)
  throw fail('NotSupportedError', `HMAC keys have no format ${kind}`)
}

export async function sign(
  this: unknown,
  algorithm: unknown,
  key: unknown,
  data: unknown,
): Promise<Bytes['buffer']> {
  requireSubtle(this)
  const secret = toSecret(key)
  const bytes = toBytes(data)
  requireUse(secret, algorithm, 'sign')
  return (await computeMac(secret.pads, bytes)).buffer
}

export async function verify(
  this: unknown,
  algorithm: unknown,
  key: unknown,
  signature: unknown,
  data: unknown,
): Promise<boolean> {
  requireSubtle(this)
  const secret = toSecret(key)
  const claimed = new Uint8Array(toBytes(signature))
  const bytes = toBytes(data)
  requireUse(secret, algorithm, 'verify')
  return isEqual(await computeMac(secret.pads, bytes), claimed)
}

async function toKey(
  hash: HashName,
  bytes: Bytes,
  bits: number,
  extractable: boolean,
  usages: readonly KeyUsage[],
): Promise<CryptoKey> {
  if (usages.length === 0) throw fail('SyntaxError', 'a secret key needs a usage')
  const spare = bytes.length * 8 - bits
  bytes[bytes.length - 1] = ((bytes.at(-1) ?? 0) >> spare) << spare
  return makeKey({ bytes, bits, extractable, usages, pads: await preparePads(hash, bytes) })
}

function requireUse(secret: Secret, algorithm: unknown, usage: KeyUsage): void {
  toHmacFields(algorithm)
  if (!secret.usages.includes(usage)) throw fail('InvalidAccessError', `the key is not for ${usage}`)
}

function requireHmacUsages(usages: readonly string[]): KeyUsage[] {
  const wrong = usages.find((usage) => usage !== 'sign' && usage !== 'verify')
  if (wrong !== undefined) throw fail('SyntaxError', `an HMAC key cannot have the usage ${wrong}`)
  return (['sign', 'verify'] as const).filter((usage) => usages.includes(usage))
}

/** The fields of an algorithm that is HMAC. */
function toHmacFields(algorithm: unknown): Fields {
  const fields = toFields(algorithm)
  const name = toName(fields)
  if (name !== 'HMAC') throw fail('NotSupportedError', `the algorithm ${name} is not supported`)
  return fields
}

function toHmacParameters(algorithm: unknown): { hash: HashName; bits: number | undefined } {
  const fields = toHmacFields(algorithm)
  if (fields['hash'] === undefined) throw new NativeTypeError('HMAC: expected a hash')
  const name = toName(toFields(fields['hash']))
  const hash = HASHES.find((known) => known === name)
  if (hash === undefined) throw fail('NotSupportedError', `the hash ${name} is not supported`)
  const { length } = fields
  if (length === undefined) return { hash, bits: undefined }
  const bits = Math.trunc(Number(length))
  if (!(bits >= 0 && bits <= MOST_BITS)) throw new NativeTypeError('HMAC: expected a length of 32 bits')
  return { hash, bits }
}

const isObject = (value: unknown): value is Fields =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const toFields = (identifier: unknown): Fields =>
  isObject(identifier) ? identifier : { name: String(identifier) }

function toName(fields: Fields): string {
  const name: unknown = fields['name']
  if (name === undefined) throw new NativeTypeError('expected an algorithm with a name')
  return toText(name).toUpperCase()
}

const toText: (value: unknown) => string = String

function toFormat(value: unknown): Format {
  const text = String(value)
  const format = FORMATS.find((known) => known === text)
  if (format === undefined) throw new NativeTypeError(`expected a key format, got ${text}`)
  return format
}

function toUsages(value: unknown): string[] {
  if (!isObject(value)) throw new NativeTypeError('expected a list of key usages')
  const usages = [...(value as unknown as Iterable<unknown>)].map(String)
  const wrong = usages.find((usage) => !USAGES.includes(usage))
  if (wrong !== undefined) throw new NativeTypeError(`expected a key usage, got ${wrong}`)
  return usages
}

function toSecret(key: unknown): Secret {
  if (!isObject(key) || !hasBrand(key)) throw new NativeTypeError('expected a CryptoKey')
  return secretOf(key)
}

function toBytes(data: unknown): Bytes {
  const bytes = bytesOf(data)
  if (bytes === undefined) throw new NativeTypeError('expected an ArrayBuffer or a view')
  return bytes
}

function requireSubtle(value: unknown): void {
  if (value !== subtle) throw new NativeTypeError('expected crypto.subtle as the receiver')
}

const fail = (name: string, message: string) => new NativeDOMException(message, name)
