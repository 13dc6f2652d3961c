/**
 * Keys of `node:crypto` with two halves. A guest has each of its keys as DER (PKCS #8, SPKI) and gives it with every call; what
 * the host makes of it is for that call alone. Kinds and sizes with which a call could take long are refused.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { toPassphraseMs } from './key-encryption.ts'
import type { NodeCall, Settings } from './node-crypto.ts'

/** A private RSA key of that size signs in some milliseconds. */
const MOST_RSA_BITS = 4096
/** Kinds that are known to be quick. */
const KINDS: ReadonlySet<string> = new Set(['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448', 'x25519', 'x448'])
/** Kinds of which a pair is made at once. */
const MADE: ReadonlySet<string> = new Set(['ec', 'ed25519', 'ed448', 'x25519', 'x448'])

/** Of hashing a passphrase. */
const MOST_PASSPHRASE_MS = 100
/** What Node says of a key that is encrypted, by its version. */
const WANTS_PASSPHRASE: ReadonlySet<string> = new Set([
  'ERR_MISSING_PASSPHRASE',
  'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED',
])

/** A key in any form to its DER, and what it shows of itself. */
export function importKey({ settings, key }: NodeCall): object {
  const half = settings['half'] === 'private' ? 'private' : 'public'
  return describe(half === 'private' ? readPrivate(settings, key) : requireQuick(readPublic(settings, key)))
}

/** In the form that is asked for: bytes, or a JSON Web Key. */
export function exportKey({ settings, key }: NodeCall): Uint8Array | object {
  const object = settings['half'] === 'private' ? toPrivate(key) : toPublic(key)
  const { format, type, cipher, passphrase } = settings
  if (format === 'jwk') return object.export({ format })
  const exported = object.export({ format, type, cipher, passphrase } as never) as unknown as string | Buffer
  return Buffer.from(exported)
}

/** A pair of keys that is quickly made. */
export function generatePair(settings: Settings): object {
  const { kind, namedCurve } = settings
  if (typeof kind !== 'string' || !MADE.has(kind))
    throw new TypeError(
      `expected a kind of key that is made at once (${[...MADE].join(', ')}), got ${String(kind)}; ` +
        'generateKeyPair() with a callback makes RSA keys',
    )
  const { publicKey, privateKey } = generateKeyPairSync(
    kind as 'ec',
    { namedCurve } as { namedCurve: string },
  )
  return { publicKey: describe(publicKey), privateKey: describe(privateKey) }
}

/** Of the guest's PKCS #8. */
export const toPrivate = (der: Buffer): KeyObject =>
  requireQuick(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))

/** Of the guest's SPKI. */
export const toPublic = (der: Buffer): KeyObject =>
  requireQuick(createPublicKey({ key: der, format: 'der', type: 'spki' }))

function readPrivate({ format, type, passphrase }: Settings, key: Buffer): KeyObject {
  const given = { key: toInput(format, key), format, type }
  try {
    return requireQuick(createPrivateKey(given as never))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!WANTS_PASSPHRASE.has(code)) throw error
    if (typeof passphrase !== 'string') {
      throw Object.assign(new TypeError('Passphrase required for encrypted key'), {
        code: 'ERR_MISSING_PASSPHRASE',
      })
    }
    requireQuickPassphrase(key, format)
    return requireQuick(
      createPrivateKey({ ...given, passphrase: Buffer.from(passphrase, 'latin1') } as never),
    )
  }
}

function requireQuickPassphrase(key: Buffer, format: unknown): void {
  const ms = toPassphraseMs(key, format)
  if (ms !== undefined && ms <= MOST_PASSPHRASE_MS) return
  throw new RangeError(
    `expected an encrypted key whose passphrase is hashed with PBKDF2 at most ${MOST_PASSPHRASE_MS * 1000} times, got ` +
      (ms === undefined ? 'another one' : `${Math.round(ms * 1000)} times`),
  )
}

/** Of a private key as well, with its passphrase if it has one. */
function readPublic(settings: Settings, key: Buffer): KeyObject {
  const { format, type } = settings
  try {
    return createPublicKey({ key: toInput(format, key), format, type } as never)
  } catch (error) {
    if (!WANTS_PASSPHRASE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    return createPublicKey(readPrivate(settings, key))
  }
}

const toInput = (format: unknown, key: Buffer): unknown =>
  format === 'jwk' ? JSON.parse(key.toString()) : format === 'pem' ? key.toString() : key

function describe(key: KeyObject): object {
  const half = key.type
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key
  const type = half === 'private' ? 'pkcs8' : 'spki'
  const der = key.export({ format: 'der', type: type as 'spki' }).toString('base64')
  const { publicExponent, ...rest } = details ?? {}
  return { half, kind, details: { ...rest, publicExponent: publicExponent?.toString() }, der }
}

function requireQuick(key: KeyObject): KeyObject {
  const { asymmetricKeyType: kind = '', asymmetricKeyDetails: { modulusLength = 0, namedCurve } = {} } = key
  const isKnown =
    KINDS.has(kind) && modulusLength <= MOST_RSA_BITS && (kind !== 'ec' || namedCurve !== undefined)
  if (isKnown) return key
  const got = modulusLength > 0 ? `${kind} of ${modulusLength} bits` : kind
  throw new TypeError(
    `expected a key of RSA of at most ${MOST_RSA_BITS} bits, of a named curve, Ed25519, Ed448, X25519 or X448, got ${got}`,
  )
}
