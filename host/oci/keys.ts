/** Keys of signatures, in PEM: ECDSA on P-256, as cosign makes them, and Ed25519. */

import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { NanoError } from '../errors.ts'

export interface PublicKey {
  readonly file: string
  readonly key: KeyObject
  /** SHA-256 of the key itself. */
  readonly fingerprint: string
}

const COSIGN_KEY = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/

/** Throws CONFIG_INVALID; the error names the file. */
export function readPublicKey(file: string): PublicKey {
  const pem = read(file)
  if (pem.includes('PRIVATE KEY')) throw refuse(file, 'expected a public key, got a private one')
  const key = attempt(file, 'a public key in PEM', () => createPublicKey(pem))
  expectKind(file, key)
  const der = key.export({ type: 'spki', format: 'der' })
  return { file, key, fingerprint: createHash('sha256').update(der).digest('hex') }
}

/** Throws CONFIG_INVALID, without a word of the key. */
export function readPrivateKey(file: string): KeyObject {
  const pem = read(file)
  if (COSIGN_KEY.test(pem)) {
    throw refuse(
      file,
      'it is encrypted for cosign; push without --sign, then sign the digest with "cosign sign --key"',
    )
  }
  const key = attempt(file, 'a private key in PEM without a passphrase', () => createPrivateKey(pem))
  expectKind(file, key)
  return key
}

export function signBytes(bytes: Uint8Array, key: KeyObject): Buffer {
  return sign(toHash(key), bytes, key)
}

export function isSignedBy(bytes: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  return verify(toHash(key), bytes, key, signature)
}

/** Ed25519 has one of its own. */
function toHash({ asymmetricKeyType: type }: KeyObject): string | undefined {
  return type === 'ec' ? 'sha256' : undefined
}

function expectKind(
  file: string,
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
): void {
  if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return
  throw refuse(
    file,
    `expected a key of ECDSA on P-256 or of Ed25519, got ${type} ${details?.namedCurve ?? ''}`.trim(),
  )
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw refuse(file, `it cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}

function attempt<T>(file: string, what: string, act: () => T): T {
  try {
    return act()
  } catch {
    throw refuse(file, `expected ${what}`)
  }
}

function refuse(file: string, why: string): NanoError {
  return new NanoError('CONFIG_INVALID', `${file}: ${why}`)
}
