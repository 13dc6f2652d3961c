/**
 * Makes a call of `crypto.subtle` with Node's own, which does what the standard says about every algorithm. What is added is
 * what NANO holds: keys are sealed, and none is larger than it may be.
 */
import { webcrypto } from 'node:crypto'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-crypto.d.ts'
import type { Bytes, CryptoCall, Dictionary } from './crypto-call.ts'
import { canExport, type KeyVault, type OpenKey } from './key-vault.ts'

/** The largest RSA key, in bits. */
export const MOST_RSA_BITS = 8192
/** The most that is derived, and the longest HMAC key, in bits: 1 MiB. */
const MOST_BITS = 8 * 1024 * 1024

const { subtle } = webcrypto
type Key = webcrypto.CryptoKey
type Usages = webcrypto.KeyUsage[]
type Made = Key | webcrypto.CryptoKeyPair
type Maker = (extractable: boolean) => Promise<Made>

/** Errors that the standard has; every other one is an OperationError. */
const NAMES: ReadonlySet<string> = new Set([
  'SyntaxError',
  'InvalidAccessError',
  'InvalidStateError',
  'DataError',
  'OperationError',
  'NotSupportedError',
  'QuotaExceededError',
  'TypeError',
])

/** The keys of a call. */
export interface CallKeys {
  /** The one that is used; undefined: none was given. */
  readonly used: OpenKey | undefined
  /** The one that is wrapped. */
  readonly wrapped: OpenKey | undefined
}

/** Opens the keys of a call; those of an algorithm become its members. */
export function openKeys(call: CryptoCall, vault: KeyVault): CallKeys {
  const used = call.sealed.length === 0 ? undefined : vault.open(call.sealed)
  let wrapped: OpenKey | undefined
  for (const { subject, name, sealed } of call.keys) {
    const open = vault.open(sealed)
    if (subject === 'call') wrapped = open
    else call.said[subject][name] = open.key
  }
  return { used, wrapped }
}

/** The outcome. Rejects with whatever went wrong. */
export async function runCall(call: CryptoCall, keys: CallKeys, vault: KeyVault): Promise<Wit.CryptoValue> {
  const { said, data } = call
  const { call: rest } = said
  requireBounds(said.algorithm, rest)
  requireBounds(said.product, rest)
  const format = rest['format'] as 'raw'
  const algorithm = toDictionary(said.algorithm)
  switch (call.operation) {
    case 'encrypt':
      return toBytes(await subtle.encrypt(algorithm, requireKey(keys.used), data))
    case 'decrypt':
      return toBytes(await subtle.decrypt(algorithm, requireKey(keys.used), data))
    case 'sign':
      return toBytes(await subtle.sign(algorithm, requireKey(keys.used), data))
    case 'verify': {
      const isRight = await subtle.verify(algorithm, requireKey(keys.used), rest['signature'] as Bytes, data)
      return { tag: 'verdict', val: isRight }
    }
    case 'digest':
      return toBytes(await subtle.digest(algorithm, data))
    case 'derive-bits': {
      const length = (rest['length'] ?? null) as number
      return toBytes(await subtle.deriveBits(algorithm, requireKey(keys.used), length))
    }
    case 'export-key':
      return toExport(await subtle.exportKey(format, requireExtractable(keys.used)))
    case 'wrap-key': {
      const wrapping = requireKey(keys.used)
      return toBytes(await subtle.wrapKey(format, requireExtractable(keys.wrapped), wrapping, algorithm))
    }
    default:
      return makeSealed(call, vault, toMaker(call, keys))
  }
}

/** What makes the keys that come of a call. */
function toMaker({ operation, said, data }: CryptoCall, keys: CallKeys): Maker {
  const { call: rest } = said
  const [algorithm, product] = [toDictionary(said.algorithm), toDictionary(said.product)]
  const format = rest['format'] as 'raw'
  const usages = (rest['keyUsages'] ?? []) as Usages
  switch (operation) {
    case 'generate-key':
      return (extractable) => subtle.generateKey(algorithm, extractable, usages)
    case 'import-key': {
      const from = (format as string) === 'jwk' ? toDictionary(said.jwk) : data
      return (extractable) => subtle.importKey(format, from, algorithm, extractable, usages)
    }
    case 'derive-key': {
      const key = requireKey(keys.used)
      return (extractable) => subtle.deriveKey(algorithm, key, product, extractable, usages)
    }
    default: {
      const key = requireKey(keys.used)
      return (extractable) => subtle.unwrapKey(format, data, key, algorithm, product, extractable, usages)
    }
  }
}

/** As the event says it. */
export function toFailure(error: unknown): Wit.CryptoValue {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return {
    tag: 'failed',
    val: NAMES.has(name) ? `${name}\n${message}` : 'OperationError\nthe operation failed',
  }
}

/** Sealed keys. They are made so that the host can export them, if there are such, and else as the app wants them. */
async function makeSealed({ said }: CryptoCall, vault: KeyVault, make: Maker): Promise<Wit.CryptoValue> {
  const extractable = said.call['extractable'] === true
  const made = await makeExportable(String(said.product['name'] ?? said.algorithm['name']), extractable, make)
  if ('privateKey' in made) {
    const publicKey = vault.seal(made.publicKey, true)
    return { tag: 'pair', val: { publicKey, privateKey: vault.seal(made.privateKey, extractable) } }
  }
  const { modulusLength = 0 } = made.algorithm as Partial<webcrypto.RsaKeyAlgorithm>
  if (modulusLength > MOST_RSA_BITS) throw tooLarge(modulusLength)
  return { tag: 'key', val: vault.seal(made, extractable) }
}

async function makeExportable(name: string, extractable: boolean, make: Maker): Promise<Made> {
  if (extractable || !canExport(name)) return make(extractable)
  try {
    return await make(true)
  } catch {
    // such as a JSON Web Key that says of itself that it is not extractable
    return make(false)
  }
}

function requireBounds(algorithm: Dictionary, rest: Dictionary): void {
  const bits = Number(algorithm['modulusLength'] ?? 0)
  if (bits > MOST_RSA_BITS) throw tooLarge(bits)
  const length = Math.max(Number(algorithm['length'] ?? 0), Number(rest['length'] ?? 0))
  if (length > MOST_BITS) throw fail('OperationError', `expected at most ${MOST_BITS} bits, got ${length}`)
}

function requireKey(open: OpenKey | undefined): Key {
  if (open === undefined) throw new TypeError('expected a key')
  return open.key
}

function requireExtractable(open: OpenKey | undefined): Key {
  const key = requireKey(open)
  // of the others Node says it itself
  if (open?.extractable === false && key.extractable)
    throw fail('InvalidAccessError', 'the key is not extractable')
  return key
}

/** Node looks at each member by its name alone. */
const toDictionary = (members: Dictionary): never => members as never

const toBytes = (buffer: ArrayBuffer): Wit.CryptoValue => ({ tag: 'bytes', val: new Uint8Array(buffer) })

const toExport = (exported: ArrayBuffer | webcrypto.JsonWebKey): Wit.CryptoValue =>
  exported instanceof ArrayBuffer ? toBytes(exported) : { tag: 'jwk', val: JSON.stringify(exported) }

const tooLarge = (bits: number): DOMException =>
  fail('OperationError', `expected an RSA key of at most ${MOST_RSA_BITS} bits, got ${bits}`)

const fail = (name: string, message: string): DOMException => new DOMException(message, name)
