/**
 * The keys of one instance. The guest keeps each of its keys sealed: encrypted and authenticated with a secret that the host
 * made for this instance and gives to nobody. So a guest has as many keys as its own memory holds, the host forgets none
 * that is still used and keeps none that is not, and what is not extractable is never readable in a guest.
 *
 *     seal(key)  >  [ number | AES-256-GCM of (length of header | header | key) | tag ]  >  open  >  CryptoKey
 *
 * Keys that were used last are kept open. On the host they can be exported, because that is how they are sealed; whether the
 * app may is said in the header.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  KeyObject,
  randomBytes,
} from 'node:crypto'
import type { webcrypto } from 'node:crypto'

import type * as Wit from '../../wit/types/host/interfaces/nano-workers-crypto.d.ts'
import { type ByteBudget, Holding } from '../limits/byte-budget.ts'

type CryptoKey = webcrypto.CryptoKey

/** A key, and whether the app may have its bytes. */
export interface OpenKey {
  readonly key: CryptoKey
  readonly extractable: boolean
  /** Of some algorithms: what Node signs with at once. */
  readonly atOnce?: KeyObject | undefined
}

/** What is sealed beside the key's bytes. */
interface Header {
  readonly type: CryptoKey['type']
  readonly algorithm: webcrypto.KeyAlgorithm
  readonly extractable: boolean
  readonly usages: webcrypto.KeyUsage[]
}

/** Keys that are kept open. */
const MOST_OPEN = 64
/** What an open key costs: an RSA key of 4096 bits has some 8 kB. */
const OPEN_BYTES = 8 * 1024

/** The largest public RSA key with which verifying is quick. */
const MOST_QUICK_RSA_BITS = 4096

const CIPHER = 'aes-256-gcm'
const SECRET_BYTES = 32
const NONCE_BYTES = 12
const NUMBER_BYTES = 4
const TAG_BYTES = 16
const LENGTH_BYTES = 2

/** An instance's. */
export class KeyVault {
  readonly #holding: Holding
  /** By number; those that were used last come last. */
  readonly #open = new Map<number, OpenKey>()
  #secret: Buffer | undefined
  #lastNumber = 0

  constructor(budget: ByteBudget) {
    this.#holding = new Holding(budget)
  }

  /** For the guest to keep. `extractable`: whether the app may have its bytes. */
  seal(key: CryptoKey, extractable: boolean): Wit.CryptoKey {
    const { type, algorithm, usages } = key
    const header: Header = { type, algorithm, extractable, usages }
    const description = JSON.stringify(header, toJson)
    const number = ++this.#lastNumber
    const cipher = createCipheriv(CIPHER, (this.#secret ??= randomBytes(SECRET_BYTES)), toNonce(number))
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt16LE(Buffer.byteLength(description))
    const parts = [
      cipher.update(length),
      cipher.update(description),
      cipher.update(toBytes(key)),
      cipher.final(),
    ]
    const sealed = Buffer.concat([toNumberBytes(number), ...parts, cipher.getAuthTag()])
    this.#keep(number, toOpen(key, extractable))
    return { sealed, description }
  }

  /** Throws for what this vault did not seal. */
  open(sealed: Uint8Array): OpenKey {
    const bytes = toBuffer(sealed)
    if (bytes.length < NUMBER_BYTES + TAG_BYTES || this.#secret === undefined) throw notSealed()
    const number = bytes.readUInt32LE()
    const kept = this.#open.get(number)
    const opened = kept ?? this.#unseal(number, bytes.subarray(NUMBER_BYTES))
    if (kept === undefined) this.#keep(number, opened)
    else {
      this.#open.delete(number)
      this.#open.set(number, kept)
    }
    return opened
  }

  /** Keep none of them open. */
  close(): void {
    if (this.#open.size > 0) this.#open.clear()
    this.#holding.release()
  }

  #unseal(number: number, bytes: Buffer): OpenKey {
    const end = bytes.length - TAG_BYTES
    const decipher = createDecipheriv(CIPHER, this.#secret!, toNonce(number))
    decipher.setAuthTag(bytes.subarray(end))
    let plain: Buffer
    try {
      plain = Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()])
    } catch {
      throw notSealed()
    }
    const start = LENGTH_BYTES + plain.readUInt16LE()
    // the host's own text: nobody else can have sealed it
    const header = JSON.parse(plain.toString('utf8', LENGTH_BYTES, start)) as Header
    const { algorithm, extractable, usages } = header
    const object = toKeyObject(header.type, plain.subarray(start))
    return toOpen(object.toCryptoKey(algorithm, canExport(algorithm.name), usages), extractable)
  }

  #keep(number: number, key: OpenKey): void {
    while (this.#open.size >= MOST_OPEN || !this.#holding.set(OPEN_BYTES * (this.#open.size + 1))) {
      const [oldest] = this.#open.keys()
      if (oldest === undefined) return
      this.#open.delete(oldest)
    }
    this.#open.set(number, key)
  }
}

/** Whether there are keys of this algorithm that can be exported: from the others only something can be derived. */
export const canExport = (algorithm: string): boolean => algorithm !== 'HKDF' && algorithm !== 'PBKDF2'

function toBytes(key: CryptoKey): Buffer {
  const object = toObject(key)
  if (object.type === 'secret') return object.export()
  const type = object.type === 'private' ? 'pkcs8' : 'spki'
  // one of the overloads, which the type does not say
  return object.export({ format: 'der', type: type as 'spki' })
}

/** The same from its bytes. */
function toKeyObject(type: CryptoKey['type'], key: Buffer): KeyObject {
  if (type === 'secret') return createSecretKey(key)
  if (type === 'private') return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

/** Node warns of keys that are not extractable, which some have to be. */
function toObject(key: CryptoKey): KeyObject {
  const before = process.noDeprecation
  process.noDeprecation = true
  try {
    return KeyObject.from(key)
  } finally {
    process.noDeprecation = before as boolean
  }
}

function toOpen(key: CryptoKey, extractable: boolean): OpenKey {
  return { key, extractable, atOnce: isQuick(key) ? toObject(key) : undefined }
}

/** Whether a signature is made or verified in less time than it takes to have it made elsewhere. */
function isQuick({ algorithm, type }: CryptoKey): boolean {
  const {
    name,
    namedCurve,
    modulusLength = Infinity,
  } = algorithm as Partial<webcrypto.EcKeyAlgorithm> & Partial<webcrypto.RsaKeyAlgorithm> & { name: string }
  if (name === 'RSASSA-PKCS1-v1_5') return type === 'public' && modulusLength <= MOST_QUICK_RSA_BITS
  return name === 'HMAC' || name === 'Ed25519' || (name === 'ECDSA' && namedCurve === 'P-256')
}

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function toNonce(number: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeUInt32LE(number)
  return nonce
}

const toNumberBytes = (number: number): Buffer => toNonce(number).subarray(0, NUMBER_BYTES)

const toJson = (_name: string, value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value)

const notSealed = (): DOMException =>
  new DOMException('expected a key that this instance made', 'InvalidAccessError')
