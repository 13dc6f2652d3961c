/** Keys that `node:crypto` makes, and secrets that two of them agree on. */

import { door } from '../../door.ts'
import { Buffer } from '../buffer.ts'
import { answer } from './answer.ts'
import { type Data, toBytes } from './data.ts'
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type Described,
  fromDescribed,
  type KeyObject,
  PrivateKeyObject,
  PublicKeyObject,
} from './key-object.ts'

type Encoding = { readonly format: 'pem' | 'der' | 'jwk'; readonly type?: string }
type Point = 'compressed' | 'uncompressed' | 'hybrid'

interface PairOptions {
  readonly modulusLength?: number
  readonly publicExponent?: number
  readonly namedCurve?: string
  readonly publicKeyEncoding?: Encoding
  readonly privateKeyEncoding?: Encoding
}

type PairCallback = (error: Error | null, publicKey?: unknown, privateKey?: unknown) => void

/** Quickly made ones: of a curve. */
/** Who makes a function of promises of it gets both keys. */
const PROMISIFY = Symbol.for('nodejs.util.promisify.custom')

export function generateKeyPairSync(kind: string, options: PairOptions = {}): object {
  const made = door.compute({ name: 'generate-pair', kind, namedCurve: toNodeCurve(options.namedCurve) })
  const { publicKey, privateKey } = made as { readonly publicKey: Described; readonly privateKey: Described }
  return toOutput(fromDescribed(publicKey), fromDescribed(privateKey), options)
}

export function generateKeyPair(kind: string, ...rest: unknown[]): void {
  const callback = rest.pop() as PairCallback
  const options = (rest[0] ?? {}) as PairOptions
  void makePair(kind, options).then(
    ({ publicKey, privateKey }) => callback(null, publicKey, privateKey),
    (error: unknown) => callback(error as Error),
  )
}

Object.defineProperty(generateKeyPair, PROMISIFY, { value: makePair })

export function generateKeySync(kind: string, options: { readonly length: number }): KeyObject {
  if (kind !== 'hmac' && kind !== 'aes')
    throw new TypeError(`expected hmac or aes as the kind of key, got ${kind}`)
  return createSecretKey(globalThis.crypto.getRandomValues(new Uint8Array(Math.floor(options.length / 8))))
}

export function generateKey(
  kind: string,
  options: { readonly length: number },
  callback: (error: Error | null, key?: KeyObject) => void,
): void {
  answer(() => generateKeySync(kind, options), callback)
}

/** The secret that the two agree on. */
export function diffieHellman(keys: {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}): Buffer {
  const { privateKey, publicKey } = keys
  if (!(privateKey instanceof PrivateKeyObject) || !(publicKey instanceof PublicKeyObject))
    throw Object.assign(new TypeError('expected a private and a public KeyObject'), {
      code: 'ERR_INVALID_ARG_TYPE',
    })
  return Buffer.from(door.compute({ name: 'agree' }, privateKey.der, publicKey.der) as Uint8Array)
}

export class ECDH {
  readonly #curve: string
  #privateKey: Uint8Array | undefined

  constructor(curve: string) {
    this.#curve = curve
  }

  generateKeys(encoding?: BufferEncoding, format?: Point): Buffer | string {
    this.#privateKey = door.compute({ name: 'ecdh-make', curve: this.#curve }) as Uint8Array
    return this.getPublicKey(encoding, format)
  }

  setPrivateKey(key: Data, encoding?: BufferEncoding): void {
    const bytes = Buffer.from(toBytes(key, encoding))
    // the host says whether it is one
    door.compute({ name: 'ecdh-public', curve: this.#curve }, bytes)
    this.#privateKey = bytes
  }

  getPrivateKey(encoding?: BufferEncoding): Buffer | string {
    return encode(this.#requireKey(), encoding)
  }

  getPublicKey(encoding?: BufferEncoding | null, format: Point = 'uncompressed'): Buffer | string {
    const call = { name: 'ecdh-public', curve: this.#curve, format }
    return encode(door.compute(call, this.#requireKey()) as Uint8Array, encoding)
  }

  computeSecret(other: Data, ...encodings: (BufferEncoding | undefined)[]): Buffer | string {
    const [from, to] = typeof other === 'string' ? encodings : [undefined, encodings.at(-1)]
    const call = { name: 'ecdh-secret', curve: this.#curve }
    return encode(door.compute(call, this.#requireKey(), toBytes(other, from)) as Uint8Array, to)
  }

  #requireKey(): Uint8Array {
    if (this.#privateKey === undefined) throw new Error('expected a private key: call generateKeys() first')
    return this.#privateKey
  }
}

export const createECDH = (curve: string): ECDH => new ECDH(curve)
export const getCurves = (): string[] => door.compute({ name: 'curves' }) as string[]

/** RSA keys take long, which WebCrypto has done elsewhere. */
async function makePair(
  kind: string,
  options: PairOptions,
): Promise<{ publicKey: unknown; privateKey: unknown }> {
  if (kind !== 'rsa') return generateKeyPairSync(kind, options) as never
  const { modulusLength, publicExponent = 0x1_00_01 } = options
  const exponent = Buffer.alloc(4)
  exponent.writeUInt32BE(publicExponent)
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: modulusLength!,
    publicExponent: new Uint8Array(exponent.subarray(exponent.findIndex((byte) => byte !== 0))),
    hash: 'SHA-256',
  }
  const { subtle } = globalThis.crypto
  const pair = await subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const [spki, pkcs8] = await Promise.all([
    subtle.exportKey('spki', pair.publicKey),
    subtle.exportKey('pkcs8', pair.privateKey),
  ])
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return toOutput(publicKey, privateKey, options)
}

function toOutput(
  publicKey: KeyObject,
  privateKey: KeyObject,
  { publicKeyEncoding, privateKeyEncoding }: PairOptions,
): { publicKey: unknown; privateKey: unknown } {
  return {
    publicKey: publicKeyEncoding === undefined ? publicKey : publicKey.export(publicKeyEncoding),
    privateKey: privateKeyEncoding === undefined ? privateKey : privateKey.export(privateKeyEncoding),
  }
}

/** Node takes both names of those that have two. */
const toNodeCurve = (curve: string | undefined): string | undefined =>
  curve === 'P-256' ? 'prime256v1' : curve

const encode = (bytes: Uint8Array, encoding: BufferEncoding | null | undefined): Buffer | string => {
  const buffer = Buffer.from(bytes)
  return encoding === undefined || encoding === null ? buffer : buffer.toString(encoding)
}
