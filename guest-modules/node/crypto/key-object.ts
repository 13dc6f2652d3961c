/**
 * Keys of `node:crypto`. A secret is its bytes. One of two halves is what it was made of until somebody asks what it is: the
 * top level of an app, which runs when the app is built, may make keys though only a host can read them.
 */

import { door } from '../../door.ts'
import { Buffer } from '../buffer.ts'
import { type Data, toBytes } from './data.ts'

type Half = 'private' | 'public'

/** What the host says of a key (host/bindings/node-keys.ts). */
export interface Described {
  readonly half: Half
  readonly kind: string
  readonly details: { readonly publicExponent?: string }
  /** PKCS #8 or SPKI, in base64. */
  readonly der: string
}

/** A key as an app says it. */
export type KeyInput = Data | KeyObject | KeyInputObject

export interface KeyInputObject {
  readonly key: Data | KeyObject | object
  readonly format?: 'pem' | 'der' | 'jwk'
  readonly type?: string
  readonly encoding?: BufferEncoding
  readonly passphrase?: Data
}

interface ExportOptions {
  readonly format?: 'pem' | 'der' | 'jwk' | 'buffer'
  readonly type?: string
  readonly cipher?: string
  readonly passphrase?: Data
}

const unavailable = (message: string): Error =>
  Object.assign(new Error(message), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' })

export abstract class KeyObject {
  abstract readonly type: 'secret' | Half
  abstract export(options?: ExportOptions): unknown

  static from(): never {
    throw unavailable(
      "KeyObject.from() is not there in NANO: a CryptoKey is the host's; export it with crypto.subtle",
    )
  }

  toCryptoKey(): never {
    throw unavailable('toCryptoKey() is not there in NANO: import the exported key with crypto.subtle')
  }

  equals(other: KeyObject): boolean {
    if (other.type !== this.type) return false
    const [one, two] = [this, other].map((key) => toRaw(key))
    return Buffer.compare(one!, two!) === 0
  }

  get [Symbol.toStringTag](): string {
    return 'KeyObject'
  }
}

export class SecretKeyObject extends KeyObject {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    super()
    this.#bytes = bytes
  }

  get type(): 'secret' {
    return 'secret'
  }

  get symmetricKeySize(): number {
    return this.#bytes.length
  }

  export(options?: ExportOptions): Buffer
  export(options?: ExportOptions): unknown {
    const bytes = Buffer.from(this.#bytes)
    return options?.format === 'jwk' ? { kty: 'oct', k: bytes.toString('base64url') } : bytes
  }
}

/** `make`: asks the host. */
class AsymmetricKeyObject extends KeyObject {
  readonly type: Half
  readonly #make: () => Described
  #made: { readonly described: Described; readonly der: Buffer } | undefined

  constructor(half: Half, make: () => Described) {
    super()
    this.type = half
    this.#make = make
    if (door.phase.isLive) this.#open()
  }

  get asymmetricKeyType(): string {
    return this.#open().described.kind
  }

  get asymmetricKeyDetails(): object {
    const { publicExponent, ...details } = this.#open().described.details
    return publicExponent === undefined ? details : { ...details, publicExponent: BigInt(publicExponent) }
  }

  /** What the host takes. */
  get der(): Buffer {
    return this.#open().der
  }

  export(options: ExportOptions = {}): unknown {
    const { format = 'pem', type = this.type === 'private' ? 'pkcs8' : 'spki', cipher, passphrase } = options
    const call = { name: 'export-key', half: this.type, format, type, cipher }
    const exported = door.compute({ ...call, ...toSaid(passphrase) }, this.der)
    if (format === 'jwk') return exported
    const bytes = Buffer.from(exported as Uint8Array)
    return format === 'pem' ? bytes.toString() : bytes
  }

  #open(): { readonly described: Described; readonly der: Buffer } {
    if (this.#made !== undefined) return this.#made
    const described = this.#make()
    return (this.#made = { described, der: Buffer.from(described.der, 'base64') })
  }
}

export class PublicKeyObject extends AsymmetricKeyObject {
  constructor(make: () => Described) {
    super('public', make)
  }
}

export class PrivateKeyObject extends AsymmetricKeyObject {
  constructor(make: () => Described) {
    super('private', make)
  }
}

export function createSecretKey(key: Data, encoding?: BufferEncoding): KeyObject {
  return new SecretKeyObject(toBytes(key, encoding).slice())
}

export function createPrivateKey(input: KeyInput): PrivateKeyObject {
  if (toKeyObject(input) instanceof PrivateKeyObject)
    throw invalid('a key in text or bytes', 'a private KeyObject')
  return new PrivateKeyObject(prepare('private', input))
}

/** Of a private key as well: its other half. */
export function createPublicKey(input: KeyInput): PublicKeyObject {
  const given = toKeyObject(input)
  if (given === undefined) return new PublicKeyObject(prepare('public', input))
  if (!(given instanceof PrivateKeyObject))
    throw invalid('a private key or its text', `a ${given.type} KeyObject`)
  return new PublicKeyObject(
    () => door.compute({ name: 'import-key', half: 'public', format: 'pem' }, toPem(given)) as Described,
  )
}

/** Of what a function takes as the key to sign or decrypt with. */
export function toPrivateDer(input: KeyInput): Uint8Array {
  const given = toKeyObject(input)
  if (given === undefined) return createPrivateKey(input).der
  if (given instanceof PrivateKeyObject) return given.der
  throw invalid('a private key', `a ${given.type} KeyObject`)
}

/** Of what a function takes as the key to verify or encrypt with. */
export function toPublicDer(input: KeyInput): Uint8Array {
  const given = toKeyObject(input)
  if (given instanceof PublicKeyObject) return given.der
  return createPublicKey(input).der
}

/** A secret as bytes. */
export function toSecret(key: Data | KeyObject): Uint8Array {
  if (!(key instanceof KeyObject)) return toBytes(key)
  if (key instanceof SecretKeyObject) return key.export()
  throw invalid('a secret key', `a ${key.type} one`)
}

/** A key that the host has made. */
export const fromDescribed = (described: Described): KeyObject =>
  described.half === 'private' ? new PrivateKeyObject(() => described) : new PublicKeyObject(() => described)

/** The settings of a function's key object, beside the key itself. */
export const settingsOf = (input: KeyInput): Readonly<Record<string, unknown>> =>
  isInputObject(input) ? (input as unknown as Record<string, unknown>) : {}

function prepare(half: Half, input: KeyInput): () => Described {
  const { key, format, type, encoding, passphrase } = isInputObject(input) ? input : { key: input as Data }
  if (format === 'jwk') {
    const text = Buffer.from(JSON.stringify(key))
    return () => door.compute({ name: 'import-key', half, format }, text) as Described
  }
  // of its own: what the app does to the bytes later is nothing to the key
  const bytes = Buffer.from(toBytes(key as Data, encoding))
  const call = { name: 'import-key', half, format: format ?? 'pem', type, ...toSaid(passphrase) }
  return () => door.compute(call, bytes) as Described
}

/** Bytes of a passphrase as the host is told of them. */
const toSaid = (passphrase: Data | undefined) =>
  passphrase === undefined ? {} : { passphrase: Buffer.from(toBytes(passphrase)).toString('latin1') }

function toKeyObject(input: KeyInput): KeyObject | undefined {
  if (input instanceof KeyObject) return input
  return isInputObject(input) && input.key instanceof KeyObject ? input.key : undefined
}

function isInputObject(input: KeyInput): input is KeyInputObject {
  return typeof input === 'object' && input !== null && 'key' in input && !(input instanceof KeyObject)
}

const toRaw = (key: KeyObject): Uint8Array =>
  key instanceof SecretKeyObject ? key.export() : (key as PublicKeyObject).der

const toPem = (key: PrivateKeyObject): Buffer => Buffer.from(key.export() as string)

const invalid = (wanted: string, got: string): TypeError =>
  Object.assign(new TypeError(`expected ${wanted}, got ${got}`), {
    code: 'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
  })
