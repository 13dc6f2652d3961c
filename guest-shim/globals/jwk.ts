/**
 * Secrets as JSON Web Keys: `{ kty: 'oct', k }`, and what else such a key may say about its use (RFC 7517, RFC 7518).
 */

import type { Bytes } from './buffer-source.ts'
import type { Secret } from './crypto-key.ts'
import type { HashName } from './hmac.ts'
import { NativeDOMException, NativeTypeError } from './primordials.ts'

export interface Jwk {
  readonly kty?: unknown
  readonly k?: unknown
  readonly alg?: unknown
  readonly use?: unknown
  readonly key_ops?: unknown
  readonly ext?: unknown
}

/** What the key is going to be. */
interface Wanted {
  readonly hash: HashName
  readonly usages: readonly string[]
  readonly extractable: boolean
}

const ALGORITHMS = { 'SHA-1': 'HS1', 'SHA-256': 'HS256', 'SHA-384': 'HS384', 'SHA-512': 'HS512' } as const
const BASE64_URL = /^[\w-]*$/

/** The secret. Throws a DataError when the key is none, or not for this. */
export function readJwk(jwk: Jwk, { hash, usages, extractable }: Wanted): Bytes {
  const { kty, k, alg, use, ext } = jwk
  const operations = toOperations(jwk.key_ops)
  if (kty !== 'oct') throw fail('expected the key type oct')
  if (typeof k !== 'string' || !BASE64_URL.test(k)) throw fail('expected k in base64url')
  if (alg !== undefined && alg !== ALGORITHMS[hash]) throw fail(`expected the algorithm ${ALGORITHMS[hash]}`)
  if (usages.length > 0 && use !== undefined && use !== 'sig') throw fail('expected the use sig')
  if (operations !== undefined) {
    if (new Set(operations).size < operations.length) throw fail('key_ops names an operation twice')
    if (!usages.every((usage) => operations.includes(usage))) throw fail('key_ops does not name every usage')
  }
  if (ext !== undefined && !ext && extractable) throw fail('the key may not be extractable')
  return decode(k)
}

export function writeJwk({ bytes, pads, usages }: Secret): Jwk {
  const k = bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
  return { kty: 'oct', k, alg: ALGORITHMS[pads.hash], key_ops: [...usages], ext: true }
}

function decode(text: string): Bytes {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch {
    throw fail('expected k in base64url')
  }
}

function toOperations(value: unknown): unknown[] | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value === null) throw new NativeTypeError('expected a list as key_ops')
  return [...(value as Iterable<unknown>)]
}

const fail = (message: string) => new NativeDOMException(`JSON Web Key: ${message}`, 'DataError')
