/**
 * Secret keys as the app keeps them: what is known of a key, and its bytes. They lie in the app's own memory; in a portable
 * build there is nobody else who could have them.
 *
 *     length of the description (u16)  description (JSON)  bytes
 */

import type { CryptoKey } from 'nano:workers/crypto'
import { fail } from './failure.ts'
import { type Bytes, type Said, toText } from './said.ts'

export interface Secret {
  readonly algorithm: {
    readonly name: string
    readonly length?: number
    readonly hash?: { readonly name: string }
  }
  readonly extractable: boolean
  readonly usages: readonly string[]
  readonly bytes: Bytes
}

const AES_USES = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']
/** What keys of each algorithm may be used for, in the standard's order. */
const USES: Readonly<Record<string, readonly string[]>> = {
  HMAC: ['sign', 'verify'],
  'AES-CTR': AES_USES,
  'AES-CBC': AES_USES,
  'AES-GCM': AES_USES,
  'AES-KW': ['wrapKey', 'unwrapKey'],
  HKDF: ['deriveKey', 'deriveBits'],
  PBKDF2: ['deriveKey', 'deriveBits'],
}
const AES_BYTES = [16, 24, 32]
/** Of an HMAC key that says no length, by its hash. */
const BLOCK_BITS: Readonly<Record<string, number>> = {
  'SHA-1': 512,
  'SHA-256': 512,
  'SHA-384': 1024,
  'SHA-512': 1024,
}
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** `product`: where the new key's algorithm is said. Throws what the standard says. */
export function makeSecret(
  name: string,
  bytes: Bytes,
  { call, product }: Pick<Said, 'call' | 'product'>,
): Secret {
  const uses = USES[name]
  if (uses === undefined) throw unsupported(name)
  const usages = (call['key-usages'] ?? []) as string[]
  const extractable = call['extractable'] === 1
  const wrong = usages.find((usage) => !uses.includes(usage))
  if (wrong !== undefined) throw fail('SyntaxError', `a key for ${name} cannot have the usage ${wrong}`)
  if (usages.length === 0) throw fail('SyntaxError', 'a secret key needs a usage')
  const ordered = uses.filter((usage) => usages.includes(usage))
  const common = { extractable, usages: ordered, bytes }
  if (name === 'HKDF' || name === 'PBKDF2') {
    if (extractable) throw fail('SyntaxError', `a key for ${name} cannot be extractable`)
    return { algorithm: { name }, ...common }
  }
  if (name === 'HMAC') {
    if (bytes.length === 0) throw fail('DataError', 'an HMAC key cannot be empty')
    const length = Number(product['length'] ?? bytes.length * 8)
    if (Math.ceil(length / 8) !== bytes.length)
      throw fail('DataError', 'the key is not as long as it is said to be')
    return { algorithm: { name, length, hash: { name: toText(product, 'hash') } }, ...common }
  }
  if (!AES_BYTES.includes(bytes.length)) throw fail('DataError', 'expected 16, 24 or 32 bytes')
  return { algorithm: { name, length: bytes.length * 8 }, ...common }
}

/** Of a key that is made or derived, in bytes. */
export function toLength(name: string, { product }: Pick<Said, 'product'>): number {
  if (USES[name] === undefined) throw unsupported(name)
  const given = product['length']
  if (name === 'HMAC') {
    const bits = Number(given ?? BLOCK_BITS[toText(product, 'hash')] ?? 0)
    if (bits === 0) throw fail('OperationError', 'an HMAC key cannot be empty')
    return Math.ceil(bits / 8)
  }
  const bytes = Number(given) / 8
  if (!AES_BYTES.includes(bytes)) throw fail('OperationError', 'expected 128, 192 or 256 bits')
  return bytes
}

export function seal({ algorithm, extractable, usages, bytes }: Secret): CryptoKey {
  const description = JSON.stringify({ type: 'secret', algorithm, extractable, usages })
  const head = encoder.encode(description)
  const sealed = new Uint8Array(2 + head.length + bytes.length)
  sealed.set([head.length & 0xff, head.length >> 8])
  sealed.set(head, 2)
  sealed.set(bytes, 2 + head.length)
  return { sealed, description }
}

/** `usage`: what it is going to be used for; undefined: to be exported. */
export function open(sealed: Uint8Array, name?: string, usage?: string): Secret {
  if (sealed.length < 2) throw fail('InvalidAccessError', 'expected a key')
  const end = 2 + (sealed[0]! | (sealed[1]! << 8))
  const secret = {
    ...(JSON.parse(decoder.decode(sealed.subarray(2, end))) as Secret),
    bytes: sealed.slice(end),
  }
  if (name !== undefined && secret.algorithm.name !== name)
    throw fail('InvalidAccessError', `the key is for ${secret.algorithm.name}, not for ${name}`)
  if (usage !== undefined && !secret.usages.includes(usage))
    throw fail('InvalidAccessError', `the key cannot be used to ${usage}`)
  return secret
}

function unsupported(name: string): Error {
  return fail(
    'NotSupportedError',
    `${name} is not there: a component for wasi:http has HMAC, AES, HKDF and PBKDF2`,
  )
}
