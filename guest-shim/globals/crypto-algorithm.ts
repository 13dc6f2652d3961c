/**
 * Which algorithms each operation has, and which members of their dictionaries are read: the Web Cryptography API's
 * "normalizing an algorithm". Members are read once, in the order of Web IDL; what they say is for the host to judge.
 */

import type { Field, Parameter, Subject } from '../bindings/crypto.ts'
import type { CryptoKey } from './crypto-key.ts'
import { toBytes, toKey, toNumber, toText } from './crypto-argument.ts'
import { hasOwn, NativeDOMException, NativeTypeError } from './primordials.ts'

/** What a dictionary's member is. */
type Kind = 'text' | 'hash' | 'octet' | 'short' | 'long' | 'bytes' | 'integer' | 'key'

interface Member {
  readonly name: string
  readonly field: Field
  readonly kind: Kind
  readonly isOptional?: boolean
}

interface Entry {
  readonly name: string
  readonly members: readonly Member[]
}

/** By their names in upper case. */
type Registry = Readonly<Record<string, Entry>>

/** An operation has a registry of its own. `length`: of a key that is derived. */
export type Normalized = keyof typeof REGISTRIES

export interface Algorithm {
  readonly name: string
  readonly members: readonly MemberValue[]
}

/** A key is still one of the app's. */
interface MemberValue {
  readonly field: Field
  readonly value: Parameter['value'] | CryptoKey
}

type Fields = Readonly<Record<string, unknown>>

const BITS = { octet: 0xff, short: 0xffff, long: 0xffff_ffff } as const

const hash: Member = { name: 'hash', field: 'hash', kind: 'hash' }
const iv: Member = { name: 'iv', field: 'iv', kind: 'bytes' }
const salt: Member = { name: 'salt', field: 'salt', kind: 'bytes' }
const namedCurve: Member = { name: 'namedCurve', field: 'named-curve', kind: 'text' }
const publicKey: Member = { name: 'public', field: 'public', kind: 'key' }
const aesLength: Member = { name: 'length', field: 'length', kind: 'short' }
const hmacLength: Member = { name: 'length', field: 'length', kind: 'long', isOptional: true }
const context: Member = { name: 'context', field: 'context', kind: 'bytes', isOptional: true }
const gcm: readonly Member[] = [
  { name: 'additionalData', field: 'additional-data', kind: 'bytes', isOptional: true },
  iv,
  { name: 'tagLength', field: 'tag-length', kind: 'octet', isOptional: true },
]
const rsaKey: readonly Member[] = [
  { name: 'modulusLength', field: 'modulus-length', kind: 'long' },
  { name: 'publicExponent', field: 'public-exponent', kind: 'integer' },
  hash,
]

const RSA_SIGNING = ['RSASSA-PKCS1-v1_5', 'RSA-PSS']
const RSA = [...RSA_SIGNING, 'RSA-OAEP']
const EC = ['ECDSA', 'ECDH']
const EDWARDS = ['Ed25519', 'Ed448']
const MONTGOMERY = ['X25519', 'X448']
const AES = ['AES-CTR', 'AES-CBC', 'AES-GCM', 'AES-KW']
const DERIVING = ['HKDF', 'PBKDF2']

const encrypting = register(
  [['RSA-OAEP'], [{ name: 'label', field: 'label', kind: 'bytes', isOptional: true }]],
  [
    ['AES-CTR'],
    [
      { name: 'counter', field: 'counter', kind: 'bytes' },
      { name: 'length', field: 'length', kind: 'octet' },
    ],
  ],
  [['AES-CBC'], [iv]],
  [['AES-GCM'], gcm],
)

const REGISTRIES = {
  digest: register([
    ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'SHA3-256', 'SHA3-384', 'SHA3-512', 'MD5'],
    [],
  ]),
  encrypt: encrypting,
  wrapKey: { ...encrypting, ...register([['AES-KW'], []]) },
  sign: register(
    [['RSASSA-PKCS1-v1_5', 'HMAC', 'Ed25519'], []],
    [['RSA-PSS'], [{ name: 'saltLength', field: 'salt-length', kind: 'long' }]],
    [['ECDSA'], [hash]],
    [['Ed448'], [context]],
  ),
  generateKey: register(
    [RSA, rsaKey],
    [EC, [namedCurve]],
    [[...EDWARDS, ...MONTGOMERY], []],
    [AES, [aesLength]],
    [['HMAC'], [hash, hmacLength]],
  ),
  importKey: register(
    [RSA, [hash]],
    [EC, [namedCurve]],
    [[...EDWARDS, ...MONTGOMERY, ...AES, ...DERIVING], []],
    [['HMAC'], [hash, hmacLength]],
  ),
  deriveBits: register(
    [['ECDH', ...MONTGOMERY], [publicKey]],
    [['HKDF'], [hash, { name: 'info', field: 'info', kind: 'bytes' }, salt]],
    [['PBKDF2'], [hash, { name: 'iterations', field: 'iterations', kind: 'long' }, salt]],
  ),
  length: register([AES, [aesLength]], [['HMAC'], [hash, hmacLength]], [DERIVING, []]),
} as const satisfies Record<string, Registry>

function register(
  ...groups: readonly (readonly [names: readonly string[], members: readonly Member[]])[]
): Registry {
  const registry: Record<string, Entry> = {}
  for (const [names, members] of groups)
    for (const name of names) registry[name.toUpperCase()] = { name, members }
  return registry
}

/** Throws a NotSupportedError for an algorithm that the operation does not have. */
export function normalize(operation: Normalized, identifier: unknown): Algorithm {
  const fields = toFields(identifier)
  const name = readName(fields)
  const registry: Registry = REGISTRIES[operation]
  const key = name.toUpperCase()
  const entry = hasOwn(registry, key) ? registry[key] : undefined
  if (entry === undefined)
    throw new NativeDOMException(`the algorithm ${name} is not supported`, 'NotSupportedError')
  const members: MemberValue[] = []
  // the standard converts the name once more, as a part of the whole dictionary
  if (entry.members.length > 0) readName(fields)
  for (let i = 0; i < entry.members.length; i++) {
    const member = entry.members[i] as Member
    const value = fields[member.name]
    if (value !== undefined) members[members.length] = { field: member.field, value: toValue(member, value) }
    else if (member.isOptional !== true)
      throw new NativeTypeError(`${entry.name}: expected a member "${member.name}"`)
  }
  return { name: entry.name, members }
}

/** As parameters of a call. `seal`: the key as the host knows it. */
export function toParameters(
  subject: Subject,
  { members }: Algorithm,
): { subject: Subject; field: Field; value: MemberValue['value'] }[] {
  return members.map(({ field, value }) => ({ subject, field, value }))
}

/** One with the members of both; those of the second count. */
export function merge(one: Algorithm, { name, members }: Algorithm): Algorithm {
  const others = one.members.filter(({ field }) => !members.some((member) => member.field === field))
  return { name, members: [...others, ...members] }
}

/** `(object or DOMString)` */
function toFields(identifier: unknown): Fields {
  const isObject = (typeof identifier === 'object' && identifier !== null) || typeof identifier === 'function'
  return isObject ? (identifier as Fields) : { name: toText(identifier) }
}

function readName(fields: Fields): string {
  const { name } = fields
  if (name === undefined) throw new NativeTypeError('expected an algorithm with a name')
  return toText(name)
}

function toValue({ name, kind }: Member, value: unknown): MemberValue['value'] {
  switch (kind) {
    case 'text':
      return toText(value)
    case 'hash':
      return normalize('digest', value).name
    case 'bytes':
      return toBytes(value)
    case 'key':
      return toKey(value)
    case 'integer':
      if (!(value instanceof Uint8Array)) throw new NativeTypeError(`expected a Uint8Array as ${name}`)
      return toBytes(value)
    default:
      return toNumber(name, value, BITS[kind])
  }
}
