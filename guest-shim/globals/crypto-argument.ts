/**
 * Arguments of `crypto.subtle`, converted as Web IDL says: what cannot be is a TypeError.
 */

import type { Field, Parameter } from '../bindings/crypto.ts'
import { type Bytes, bytesOf } from './buffer-source.ts'
import { type CryptoKey, isKey } from './crypto-key.ts'
import { NativeTypeError, uncurry } from './primordials.ts'

/* oxlint-disable typescript/unbound-method -- a function is taken off its prototype here to be called with a `this` of its own */

const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey']
const FORMATS = ['raw', 'pkcs8', 'spki', 'jwk', 'raw-secret', 'raw-public']

/** The members of a JsonWebKey, in the order in which they are read. */
const JWK_MEMBERS: readonly (readonly [name: string, field: Field, kind: 'text' | 'flag' | 'list'])[] = [
  ['alg', 'alg', 'text'],
  ['crv', 'crv', 'text'],
  ['d', 'd', 'text'],
  ['dp', 'dp', 'text'],
  ['dq', 'dq', 'text'],
  ['e', 'e', 'text'],
  ['ext', 'ext', 'flag'],
  ['k', 'k', 'text'],
  ['key_ops', 'key-ops', 'list'],
  ['kty', 'kty', 'text'],
  ['n', 'n', 'text'],
  ['p', 'p', 'text'],
  ['q', 'q', 'text'],
  ['qi', 'qi', 'text'],
  ['use', 'usage', 'text'],
  ['x', 'x', 'text'],
  ['y', 'y', 'text'],
]

/** To text as the language does it: a symbol throws. */
export const toText = (value: unknown): string => concat('', value as string)

const concat = uncurry(String.prototype.concat)

export function toBytes(value: unknown): Bytes {
  const bytes = bytesOf(value)
  if (bytes === undefined) throw new NativeTypeError('expected an ArrayBuffer or a view')
  return bytes
}

export function toKey(value: unknown): CryptoKey {
  if (typeof value !== 'object' || value === null || !isKey(value))
    throw new NativeTypeError('expected a CryptoKey')
  return value
}

/** `[EnforceRange]` */
export function toNumber(name: string, value: unknown, most: number): number {
  const number = Math.trunc(Number(value))
  if (!(number >= 0 && number <= most)) throw new NativeTypeError(`expected ${name} from 0 to ${most}`)
  return number
}

export function toFormat(value: unknown): string {
  const text = toText(value)
  if (!FORMATS.includes(text)) throw new NativeTypeError(`expected a key format, got ${text}`)
  return text
}

/** Each once. */
export function toUsages(value: unknown): string[] {
  const usages: string[] = []
  for (const usage of toList(value)) {
    if (!USAGES.includes(usage)) throw new NativeTypeError(`expected a key usage, got ${usage}`)
    if (!usages.includes(usage)) usages.push(usage)
  }
  return usages
}

/** Bytes, or the members of a JSON Web Key. */
export function toKeyData(value: unknown): Bytes | Parameter[] {
  const bytes = bytesOf(value)
  if (bytes !== undefined) return bytes
  if (value !== undefined && value !== null && typeof value !== 'object' && typeof value !== 'function')
    throw new NativeTypeError('expected an ArrayBuffer, a view or a JsonWebKey')
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>
  const members: Parameter[] = []
  for (const [name, field, kind] of JWK_MEMBERS) {
    const member = fields[name]
    if (member === undefined) continue
    const converted = kind === 'text' ? toText(member) : kind === 'flag' ? Boolean(member) : toList(member)
    members.push({ subject: 'jwk', field, value: converted })
  }
  return members
}

function toList(value: unknown): string[] {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject) throw new NativeTypeError('expected a list')
  return [...(value as Iterable<unknown>)].map(toText)
}
