/**
 * Calls that are made at once, within the guest's turn: those that take less time than two more turns, one to begin them and
 * one for their outcome.
 */
import { createHmac, createSecretKey, sign, timingSafeEqual, verify } from 'node:crypto'
import type { KeyObject, webcrypto } from 'node:crypto'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-crypto.d.ts'
import { toText } from './crypto-call.ts'
import type { KeyVault, OpenKey } from './key-vault.ts'

/** What is longer is made off the shard's thread. */
const MOST_BYTES = 16 * 1024

const NOTHING = new Uint8Array(0)
const RIGHT = Uint8Array.of(1)
const WRONG = Uint8Array.of(0)

/** Secrets that a guest imports as they are. */
const SECRETS: ReadonlySet<string> = new Set(['HMAC', 'AES-CTR', 'AES-CBC', 'AES-GCM', 'AES-KW'])
/** Hashes that Node signs with, by the standard's name for them. */
const HASHES: ReadonlySet<string> = new Set(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'])

/** One signature that is wanted, or is to be looked at. */
export interface Asked {
  readonly operation: Wit.Operation
  /** Of ECDSA. */
  readonly hash: Uint8Array
  readonly data: Uint8Array
  readonly signature: Uint8Array
}

/** Nothing: it is none of these, or the key may not be used so. */
export function signAtOnce(vault: KeyVault, sealed: Uint8Array, asked: Asked): Uint8Array {
  const { operation, data } = asked
  if ((operation !== 'sign' && operation !== 'verify') || data.length > MOST_BYTES) return NOTHING
  const open = tryOpen(vault, sealed)
  if (open?.atOnce === undefined || !open.key.usages.includes(operation)) return NOTHING
  const { algorithm } = open.key
  const { name } = algorithm
  const hash = name === 'ECDSA' ? toText(asked.hash) : (algorithm as webcrypto.HmacKeyAlgorithm).hash?.name
  if (name !== 'Ed25519' && !HASHES.has(hash)) return NOTHING
  if (name === 'HMAC') return authenticate(hash, open.atOnce, asked)
  const key = { key: open.atOnce, dsaEncoding: 'ieee-p1363' } as const
  const digest = name === 'Ed25519' ? null : hash
  if (operation === 'sign') return sign(digest, data, key)
  return verify(digest, data, key, asked.signature) ? RIGHT : WRONG
}

function tryOpen(vault: KeyVault, sealed: Uint8Array): OpenKey | undefined {
  try {
    return vault.open(sealed)
  } catch {
    return undefined
  }
}

function authenticate(hash: string, key: KeyObject, { operation, data, signature }: Asked): Uint8Array {
  const mac = createHmac(hash, key).update(data).digest()
  if (operation === 'sign') return mac
  return mac.length === signature.length && timingSafeEqual(mac, signature) ? RIGHT : WRONG
}

/** A secret's key, which can be exported; undefined: it is none of these, or not what its algorithm wants. */
export function importAtOnce(
  algorithm: Uint8Array,
  usages: Uint8Array,
  secret: Uint8Array,
): webcrypto.CryptoKey | undefined {
  if (secret.length > MOST_BYTES) return undefined
  const [name = '', hash] = toText(algorithm).split(',')
  if (!SECRETS.has(name) || (name === 'HMAC' && !HASHES.has(hash ?? ''))) return undefined
  try {
    const uses = toText(usages).split(',') as webcrypto.KeyUsage[]
    return createSecretKey(secret).toCryptoKey({ name, hash }, true, uses)
  } catch {
    return undefined
  }
}
