/**
 * `crypto.subtle`: converts the arguments, and has the host make the call. The host knows what every algorithm wants and
 * which error it is when it does not get it; here is only what has to be known where the arguments are.
 *
 * Arguments are read and copied before anything is awaited: what an app does to them later is nothing to us.
 */

import {
  type Call,
  callAtOnce,
  callHost,
  importAtOnce,
  type Operation,
  type Outcome,
  type Parameter,
} from '../bindings/crypto.ts'
import { phase, requireLive } from '../turn/phase.ts'
import { type Bytes, bytesOf } from './buffer-source.ts'
import { type Algorithm, merge, normalize, toParameters } from './crypto-algorithm.ts'
import { toBytes, toFormat, toKey, toKeyData, toText, toUsages } from './crypto-argument.ts'
import { type CryptoKey, isKey, nameOf, openKey, sealedOf, wakeKey } from './crypto-key.ts'
import { ENGINE_DIGESTS, digest as digestHere } from './digest.ts'
import { makeEarlyKey } from './early-key.ts'
import { join, NativeTypeError, parseJson } from './primordials.ts'

type Value = Parameter['value'] | CryptoKey

/** What a call is made of, keys as the app has them. */
interface Draft {
  readonly operation: Operation
  readonly algorithm: Algorithm
  readonly key?: CryptoKey
  readonly data?: Bytes
  readonly product?: Algorithm
  readonly rest?: readonly (Omit<Parameter, 'value'> & { readonly value: Value })[]
}

const EMPTY: Bytes = new Uint8Array(0)
/** More bytes are digested and signed off the shard's thread. */
const MOST_AT_ONCE = 16 * 1024

/** What the host is asked to make at once; whether it does is its own decision. */
const SIGNED_AT_ONCE = ['HMAC', 'ECDSA', 'RSASSA-PKCS1-v1_5', 'Ed25519']
const IMPORTED_AT_ONCE = ['HMAC', 'AES-GCM', 'AES-CBC', 'AES-CTR', 'AES-KW']

let isMaking = false

export class SubtleCrypto {
  constructor() {
    if (!isMaking) throw new NativeTypeError('Illegal constructor')
  }

  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return this.#use('encrypt', { algorithm, key, data })
  }

  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return this.#use('decrypt', { algorithm, key, data })
  }

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return this.#use('sign', { algorithm, key, data })
  }

  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    requireSubtle(this)
    const used = toKey(key)
    const claimed = toBytes(signature)
    const bytes = toBytes(data)
    const normalized = normalize('sign', algorithm)
    const made = trySignature('verify', normalized, used, bytes, claimed)
    if (made !== undefined) return made[0] !== 0
    const rest = [{ subject: 'call', field: 'signature', value: claimed } as const]
    const outcome = await run({ operation: 'verify', algorithm: normalized, key: used, data: bytes, rest })
    return outcome.tag === 'verdict' && outcome.val
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    requireSubtle(this)
    const bytes = toBytes(data)
    const normalized = normalize('digest', algorithm)
    const { name } = normalized
    const isHere = ENGINE_DIGESTS.includes(name)
    if (isHere && (!phase.isLive || bytes.length <= MOST_AT_ONCE || name === 'MD5'))
      return (await digestHere(name, bytes)).buffer
    return toBuffer(await run({ operation: 'digest', algorithm: normalized, data: bytes }))
  }

  async generateKey(algorithm: unknown, extractable: unknown, keyUsages: unknown): Promise<unknown> {
    requireSubtle(this)
    const rest = toKeyParameters(extractable, keyUsages)
    const normalized = normalize('generateKey', algorithm)
    return toKeys(await run({ operation: 'generate-key', algorithm: normalized, rest }))
  }

  async deriveKey(
    algorithm: unknown,
    baseKey: unknown,
    derivedKeyType: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<unknown> {
    requireSubtle(this)
    const key = toKey(baseKey)
    const rest = toKeyParameters(extractable, keyUsages)
    const normalized = normalize('deriveBits', algorithm)
    const product = merge(normalize('importKey', derivedKeyType), normalize('length', derivedKeyType))
    return toKeys(await run({ operation: 'derive-key', algorithm: normalized, key, product, rest }))
  }

  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<ArrayBuffer> {
    requireSubtle(this)
    const key = toKey(baseKey)
    const bits = length === null ? undefined : Number(length) >>> 0
    const normalized = normalize('deriveBits', algorithm)
    const rest = bits === undefined ? [] : [{ subject: 'call', field: 'length', value: bits } as const]
    return toBuffer(await run({ operation: 'derive-bits', algorithm: normalized, key, rest }))
  }

  async importKey(
    format: unknown,
    keyData: unknown,
    algorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    requireSubtle(this)
    const kind = toFormat(format)
    const given = toKeyData(keyData)
    const usages = toUsages(keyUsages)
    const normalized = normalize('importKey', algorithm)
    const isJwk = bytesOf(given) === undefined
    if ((kind === 'jwk') !== isJwk)
      throw new NativeTypeError(
        `importKey: expected ${isJwk ? 'bytes' : 'a JsonWebKey'}, as the format is ${kind}`,
      )
    const rest = [
      { subject: 'call', field: 'format', value: kind } as const,
      ...toKeyParameters(extractable, usages),
      ...(isJwk ? (given as Parameter[]) : []),
    ]
    const data = isJwk ? EMPTY : (given as Bytes)
    const made = kind === 'raw' ? trySecret(normalized, data, Boolean(extractable), usages) : undefined
    if (made !== undefined) return made
    const draft: Draft = { operation: 'import-key', algorithm: normalized, data, rest }
    if (phase.isLive) return toKeys(await run(draft)) as CryptoKey
    return makeEarlyKey(toCall(copy(draft)), {
      algorithm: normalized,
      extractable: Boolean(extractable),
      usages,
    })
  }

  async exportKey(format: unknown, key: unknown): Promise<unknown> {
    requireSubtle(this)
    const rest = [{ subject: 'call', field: 'format', value: toFormat(format) } as const]
    const used = toKey(key)
    const algorithm = { name: '', members: [] }
    const outcome = await run({ operation: 'export-key', algorithm, key: used, rest })
    return outcome.tag === 'jwk' ? parseJson(outcome.val) : toBuffer(outcome)
  }

  async wrapKey(
    format: unknown,
    key: unknown,
    wrappingKey: unknown,
    wrapAlgorithm: unknown,
  ): Promise<ArrayBuffer> {
    requireSubtle(this)
    const kind = toFormat(format)
    const wrapped = toKey(key)
    const used = toKey(wrappingKey)
    const algorithm = normalize('wrapKey', wrapAlgorithm)
    const rest = [
      { subject: 'call', field: 'format', value: kind } as const,
      { subject: 'call', field: 'wrapped-key', value: wrapped } as const,
    ]
    return toBuffer(await run({ operation: 'wrap-key', algorithm, key: used, rest }))
  }

  async unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    unwrapAlgorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<unknown> {
    requireSubtle(this)
    const kind = { subject: 'call', field: 'format', value: toFormat(format) } as const
    const data = toBytes(wrappedKey)
    const key = toKey(unwrappingKey)
    const rest = [kind, ...toKeyParameters(extractable, keyUsages)]
    const algorithm = normalize('wrapKey', unwrapAlgorithm)
    const product = normalize('importKey', unwrappedKeyAlgorithm)
    return toKeys(await run({ operation: 'unwrap-key', algorithm, key, data, product, rest }))
  }

  /** Workers': takes as long for equal bytes as for others. */
  timingSafeEqual(a: unknown, b: unknown): boolean {
    const [one, other] = [toBytes(a), toBytes(b)]
    if (one.length !== other.length)
      throw new NativeTypeError('timingSafeEqual: expected buffers of the same length')
    let difference = 0
    for (let i = 0; i < one.length; i++) difference |= (one[i] as number) ^ (other[i] as number)
    return difference === 0
  }

  async #use(
    operation: 'encrypt' | 'decrypt' | 'sign',
    args: { readonly algorithm: unknown; readonly key: unknown; readonly data: unknown },
  ): Promise<ArrayBuffer> {
    const key = toKey(args.key)
    const data = toBytes(args.data)
    const algorithm = normalize(operation === 'sign' ? 'sign' : 'encrypt', args.algorithm)
    const made = operation === 'sign' ? trySignature(operation, algorithm, key, data) : undefined
    if (made !== undefined) return made.buffer
    return toBuffer(await run({ operation, algorithm, key, data }))
  }
}

isMaking = true
export const subtle = new SubtleCrypto()
isMaking = false

/** Keys from the top level are imported first. */
async function run(draft: Draft): Promise<Outcome> {
  requireLive(`crypto.subtle.${toMethodName(draft.operation)}()`)
  const asleep = keysOf(draft).filter((key) => sealedOf(key) === undefined)
  if (asleep.length === 0) return callHost(toCall(draft))
  const kept = copy(draft)
  for (const key of asleep) {
    // oxlint-disable-next-line no-await-in-loop -- one, or seldom two
    await wakeKey(key)
  }
  return callHost(toCall(kept))
}

/** A signature, if the host can make it at once. */
function trySignature(
  operation: 'sign' | 'verify',
  algorithm: Algorithm,
  key: CryptoKey,
  data: Bytes,
  signature?: Bytes,
): Bytes | undefined {
  const { name } = algorithm
  const sealed = sealedOf(key)
  if (!SIGNED_AT_ONCE.includes(name) || nameOf(key) !== name) return undefined
  if (sealed === undefined || !phase.isLive || data.length > MOST_AT_ONCE) return undefined
  return callAtOnce(operation, name === 'ECDSA' ? hashOf(algorithm) : '', { sealed }, data, signature)
}

/** The key of a secret, if the host can make it at once. */
function trySecret(
  algorithm: Algorithm,
  secret: Bytes,
  extractable: boolean,
  usages: readonly string[],
): CryptoKey | undefined {
  const { name, members } = algorithm
  const isHmac = name === 'HMAC'
  // one with a length of its own has two members
  if (members.length !== (isHmac ? 1 : 0) || !IMPORTED_AT_ONCE.includes(name)) return undefined
  if (!phase.isLive || secret.length > MOST_AT_ONCE) return undefined
  const made = importAtOnce(
    isHmac ? `${name},${hashOf(algorithm)}` : name,
    join(usages, ','),
    extractable,
    secret,
  )
  return made === undefined ? undefined : openKey(made)
}

function hashOf({ members }: Algorithm): string {
  for (let i = 0; i < members.length; i++)
    if (members[i]!.field === 'hash') return members[i]!.value as string
  return ''
}

function keysOf({ key, algorithm, rest = [] }: Draft): CryptoKey[] {
  const values = [key, ...algorithm.members.map(({ value }) => value), ...rest.map(({ value }) => value)]
  return values.filter((value) => typeof value === 'object' && isKey(value))
}

function toCall({ operation, algorithm, key, data = EMPTY, product, rest = [] }: Draft): Call {
  const said = [
    ...toParameters('algorithm', algorithm),
    ...(product === undefined ? [] : toParameters('product', product)),
    ...rest,
  ]
  if (product !== undefined) said.push({ subject: 'product', field: 'name', value: product.name })
  const parameters = said.map(({ subject, field, value }): Parameter => {
    return { subject, field, value: typeof value === 'object' && isKey(value) ? toSealed(value) : value }
  })
  return { operation, algorithm: algorithm.name, key: key && toSealed(key), data, parameters }
}

const toSealed = (key: CryptoKey) => ({ sealed: sealedOf(key) ?? EMPTY })

/** The same with bytes of its own. */
function copy(draft: Draft): Draft {
  const { algorithm, data = EMPTY, rest = [] } = draft
  return {
    ...draft,
    data: new Uint8Array(data),
    algorithm: { name: algorithm.name, members: algorithm.members.map(copyValue) },
    rest: rest.map(copyValue),
  }
}

function copyValue<T extends { readonly value: Value }>(member: T): T {
  const bytes = bytesOf(member.value)
  return bytes === undefined ? member : { ...member, value: new Uint8Array(bytes) }
}

function toKeyParameters(extractable: unknown, usages: unknown): Parameter[] {
  return [
    { subject: 'call', field: 'extractable', value: Boolean(extractable) },
    { subject: 'call', field: 'key-usages', value: toUsages(usages) },
  ]
}

function toBuffer(outcome: Outcome): ArrayBuffer {
  if (outcome.tag !== 'bytes') throw new NativeTypeError('expected bytes')
  return outcome.val.buffer
}

function toKeys(outcome: Outcome): unknown {
  if (outcome.tag === 'key') return openKey(outcome.val)
  if (outcome.tag !== 'pair') throw new NativeTypeError('expected a key')
  return { publicKey: openKey(outcome.val.publicKey), privateKey: openKey(outcome.val.privateKey) }
}

const toMethodName = (operation: Operation): string =>
  toText(operation).replace(/-(\w)/, (_, letter: string) => letter.toUpperCase())

function requireSubtle(value: unknown): void {
  if (value !== subtle) throw new NativeTypeError('expected crypto.subtle as the receiver')
}
