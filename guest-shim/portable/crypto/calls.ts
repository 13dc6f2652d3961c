/**
 * Calls of `crypto.subtle`, made in the app's own memory by a kept library: digests, HMAC, AES, HKDF and PBKDF2. What works with
 * a pair of keys is a NotSupportedError.
 */

import { aeskw, cbc, ctr, gcm } from '@noble/ciphers/aes.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js'
import type { CryptoValue, Operation } from 'nano:workers/crypto'
import { fail } from './failure.ts'
import { type Bytes, type Members, type Said, toBytes, toText } from './said.ts'
import { makeSecret, open, seal, type Secret, toLength } from './secret.ts'

const HASHES = {
  MD5: md5,
  'SHA-1': sha1,
  'SHA-256': sha256,
  'SHA-384': sha384,
  'SHA-512': sha512,
  'SHA3-256': sha3_256,
  'SHA3-384': sha3_384,
  'SHA3-512': sha3_512,
}
const TAG_BITS = 128
const COUNTER_BITS = 128

export interface CryptoCall {
  readonly operation: Operation
  readonly algorithm: string
  readonly sealed: Uint8Array
  readonly data: Bytes
  readonly said: Said
}

export function toHash(name: string): (typeof HASHES)['SHA-256'] {
  const found = (HASHES as Readonly<Record<string, unknown>>)[name]
  if (found === undefined) throw fail('NotSupportedError', `${name} is not there`)
  return found as (typeof HASHES)['SHA-256']
}

/** Throws `CryptoFailure`. */
export function runCall({ operation, algorithm: name, sealed, data, said }: CryptoCall): CryptoValue {
  const { algorithm, call, product } = said
  const made = (bytes: Uint8Array): CryptoValue => ({ tag: 'bytes', val: bytes })
  const toKey = (of: string, bytes: Bytes, where: Members): CryptoValue => ({
    tag: 'key',
    val: seal(makeSecret(of, bytes, { call, product: where })),
  })
  switch (operation) {
    case 'digest':
      return made(toHash(name)(data))
    case 'sign':
      return made(sign(open(sealed, name, 'sign'), data))
    case 'verify':
      return {
        tag: 'verdict',
        val: isSame(sign(open(sealed, name, 'verify'), data), toBytes(call, 'signature')),
      }
    case 'encrypt':
    case 'decrypt':
      return made(cipher(operation, open(sealed, name, operation), data, algorithm))
    case 'generate-key': {
      const bytes = crypto.getRandomValues(new Uint8Array(toLength(name, { product: algorithm })))
      return toKey(name, bytes, algorithm)
    }
    case 'import-key':
      return toKey(name, readKey(toText(call, 'format'), data, said.jwk), algorithm)
    case 'export-key':
      return exportKey(toText(call, 'format'), open(sealed))
    case 'derive-bits': {
      const bits = Number(call['length'] ?? 0)
      if (bits === 0 || bits % 8 !== 0)
        throw fail('OperationError', 'expected a length in bits, a multiple of 8')
      return made(derive(open(sealed, name, 'deriveBits'), bits / 8, algorithm))
    }
    case 'derive-key': {
      const of = toText(product, 'name')
      const length = toLength(of, { product })
      return toKey(of, derive(open(sealed, name, 'deriveKey'), length, algorithm), product)
    }
    case 'wrap-key': {
      const exported = exportKey(toText(call, 'format'), open(toBytes(call, 'wrapped-key')))
      const plain = exported.tag === 'jwk' ? new TextEncoder().encode(exported.val) : (exported.val as Bytes)
      return made(cipher('encrypt', open(sealed, name, 'wrapKey'), plain, algorithm))
    }
    default: {
      const plain = cipher('decrypt', open(sealed, name, 'unwrapKey'), data, algorithm)
      const format = toText(call, 'format')
      const bytes = format === 'jwk' ? fromJwk(new TextDecoder().decode(plain)) : readKey(format, plain, {})
      return toKey(toText(product, 'name'), bytes, product)
    }
  }
}

function sign({ algorithm, bytes }: Secret, data: Bytes): Bytes {
  if (algorithm.name !== 'HMAC') throw fail('NotSupportedError', `${algorithm.name} signs nothing here`)
  return hmac(toHash(algorithm.hash?.name ?? ''), bytes, data)
}

function cipher(
  direction: 'encrypt' | 'decrypt',
  { algorithm, bytes }: Secret,
  data: Bytes,
  said: Members,
): Bytes {
  try {
    return openCipher(algorithm.name, bytes, said)[direction](data)
  } catch (error) {
    if ((error as Error).name.endsWith('Error') && (error as Error).name !== 'Error') throw error
    throw fail('OperationError', 'the operation failed')
  }
}

function openCipher(name: string, key: Bytes, said: Members) {
  switch (name) {
    case 'AES-GCM':
      if (Number(said['tag-length'] ?? TAG_BITS) !== TAG_BITS)
        throw fail('NotSupportedError', 'expected a tag of 128 bits')
      return gcm(
        key,
        toBytes(said, 'iv'),
        'additional-data' in said ? toBytes(said, 'additional-data') : undefined,
      )
    case 'AES-CBC':
      if (toBytes(said, 'iv').length !== 16) throw fail('OperationError', 'expected an iv of 16 bytes')
      return cbc(key, toBytes(said, 'iv'))
    case 'AES-CTR':
      // the library counts with all of the block
      if (
        Number(said['length']) > COUNTER_BITS ||
        Number(said['length']) < 32 ||
        toBytes(said, 'counter').length !== 16
      )
        throw fail('OperationError', 'expected a counter of 16 bytes, of which 32 bits or more count')
      return ctr(key, toBytes(said, 'counter'))
    case 'AES-KW':
      return aeskw(key)
    default:
      throw fail('NotSupportedError', `${name} is not there: a component for wasi:http has AES`)
  }
}

function derive({ algorithm, bytes }: Secret, length: number, said: Members): Bytes {
  const hash = toHash(toText(said, 'hash'))
  if (algorithm.name === 'HKDF')
    return hkdf(hash, bytes, toBytes(said, 'salt'), toBytes(said, 'info'), length)
  const iterations = Number(said['iterations'])
  if (iterations === 0) throw fail('OperationError', 'expected one iteration or more')
  return pbkdf2(hash, bytes, toBytes(said, 'salt'), { c: iterations, dkLen: length })
}

function readKey(format: string, data: Bytes, jwk: Members): Bytes {
  if (format === 'raw') return data
  if (format !== 'jwk') throw fail('NotSupportedError', `a secret key has no format ${format}`)
  if (jwk['kty'] !== 'oct') throw fail('DataError', 'expected a key of the type "oct"')
  return fromBase64(toText(jwk, 'k'))
}

function fromJwk(text: string): Bytes {
  try {
    return fromBase64(String((JSON.parse(text) as { k?: unknown }).k))
  } catch {
    throw fail('DataError', 'expected a JSON Web Key')
  }
}

function exportKey(format: string, { algorithm, extractable, usages, bytes }: Secret): CryptoValue {
  if (!extractable) throw fail('InvalidAccessError', 'the key is not extractable')
  if (format === 'raw') return { tag: 'bytes', val: bytes }
  if (format !== 'jwk') throw fail('NotSupportedError', `a secret key has no format ${format}`)
  const { name, hash, length = 0 } = algorithm
  const alg = name === 'HMAC' ? `HS${hash?.name.slice(4)}` : `A${length}${name.slice(4)}`
  const k = bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
  return { tag: 'jwk', val: JSON.stringify({ kty: 'oct', k, alg, key_ops: usages, ext: true }) }
}

function fromBase64(text: string): Bytes {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch {
    throw fail('DataError', 'the key is not in base64url')
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one[i]! ^ (other[i] ?? 0)
  return difference === 0
}
