/**
 * Keys that are imported while the app is built. There is no host then that could have them, and every instance begins with
 * them: what is kept is the import itself, and each instance makes it at the first use. What a key shows of itself has to be
 * known at once, so that this goes with secrets only, which show their length.
 */

import { type Call, callHost, type SealedKey } from '../bindings/crypto.ts'
import { requireLive } from '../turn/phase.ts'
import type { Algorithm } from './crypto-algorithm.ts'
import { type CryptoKey, makeKey } from './crypto-key.ts'
import { NativeDOMException, NativeTypeError } from './primordials.ts'

/** Secrets, and what they may be used for, in the standard's order. */
const USES: Readonly<Record<string, readonly string[]>> = {
  HMAC: ['sign', 'verify'],
  'AES-CTR': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  'AES-CBC': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  'AES-GCM': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  'AES-KW': ['wrapKey', 'unwrapKey'],
  HKDF: ['deriveKey', 'deriveBits'],
  PBKDF2: ['deriveKey', 'deriveBits'],
}
const AES_BITS = [128, 192, 256]

/** What the import says beside its call. */
export interface EarlyImport {
  readonly algorithm: Algorithm
  readonly extractable: boolean
  readonly usages: readonly string[]
}

/** `call`: with copies of all that was given. */
export function makeEarlyKey(call: Call, { algorithm, extractable, usages }: EarlyImport): CryptoKey {
  const { name } = algorithm
  const uses = USES[name]
  if (uses === undefined) throw tooEarly(name)
  if (usages.length === 0) throw new NativeDOMException('a secret key needs a usage', 'SyntaxError')
  const wrong = usages.find((usage) => !uses.includes(usage))
  if (wrong !== undefined)
    throw new NativeDOMException(`a key for ${name} cannot have the usage ${wrong}`, 'SyntaxError')
  const described = describe(algorithm, toBits(call))
  let waking: Promise<SealedKey> | undefined
  const wake = () => (waking ??= importKey(call))
  return makeKey({
    type: 'secret',
    extractable,
    algorithm: described,
    usages: uses.filter((usage) => usages.includes(usage)),
    sealed: undefined,
    wake,
  })
}

async function importKey(call: Call): Promise<SealedKey> {
  requireLive('a CryptoKey')
  const outcome = await callHost(call)
  if (outcome.tag !== 'key') throw new NativeTypeError('expected a key')
  return outcome.val
}

function describe({ name, members }: Algorithm, bits: number): Record<string, unknown> {
  if (name === 'HKDF' || name === 'PBKDF2') return { name }
  if (name !== 'HMAC') {
    if (!AES_BITS.includes(bits)) throw new NativeDOMException('expected 16, 24 or 32 bytes', 'DataError')
    return { name, length: bits }
  }
  if (bits === 0) throw new NativeDOMException('an HMAC key cannot be empty', 'DataError')
  const find = (field: string) => members.find((member) => member.field === field)?.value
  return { name, length: find('length') ?? bits, hash: { name: find('hash') } }
}

/** Of the secret, as bytes or in base64url. */
function toBits({ data, parameters }: Call): number {
  const k = parameters.find(({ subject, field }) => subject === 'jwk' && field === 'k')?.value
  return 8 * (typeof k === 'string' ? Math.floor((k.length * 6) / 8) : data.length)
}

function tooEarly(name: string): Error {
  return new NativeTypeError(
    `a key for ${name} cannot be imported at the top level of the app, which runs when the app is built. ` +
      'Move the call into the fetch handler.',
  )
}
