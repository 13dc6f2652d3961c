/**
 * Functions of `node:crypto`, and of `node:zlib` (node-zlib.ts), that give their results at once, for guests that call them as Node's (guest-modules/node/crypto):
 * a table of them by name. Their settings are a guest's, so each is read by itself and judged by Node.
 *
 * They run within the guest's turn, which pays for them, and nothing can stop them: what takes long is refused
 * (`requireQuick`), and so are keys that may (node-keys.ts).
 */
import {
  createECDH,
  createHash,
  createHmac,
  diffieHellman,
  type Hash,
  getCurves,
  hkdfSync,
  pbkdf2Sync,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  scryptSync,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { exportKey, generatePair, importKey, toPrivate, toPublic } from './node-keys.ts'
import { packOrUnpack } from './node-zlib.ts'

/** Named settings of one call. */
export type Settings = Readonly<Record<string, unknown>>

/** One call. */
export interface NodeCall {
  readonly settings: Settings
  readonly key: Buffer
  readonly data: Buffer
  readonly other: Buffer
  /** The instance's that are in parts. */
  readonly digests: Digests
}

/** By the guest's number for it; those that were begun last come last. */
export type Digests = Map<number, Hash>

type Result = Uint8Array | object | boolean

/** A setting that says more than that is none. */
const MOST_CALL_BYTES = 16 * 1024
/** The longest that a function may be expected to take. */
const MOST_MS = 100
/** Of one core of a shared AMD EPYC, rounded up: an iteration of PBKDF2 for one block, and 128 bytes of scrypt. */
const PBKDF2_MS = 5e-4
const SCRYPT_MS = 5e-4
/** Of PBKDF2, by the hash; of every other one `LEAST_BLOCK`. */
const BLOCKS: Readonly<Record<string, number>> = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 }
const LEAST_BLOCK = 16
/** Digests of one instance that are in parts and not finished; beyond them the oldest is given up. */
const MOST_DIGESTS = 256
/** What scrypt may take while it runs. */
const MOST_SCRYPT_BYTES = 64 * 1024 * 1024
/** The most that is derived. */
const MOST_DERIVED = 1024 * 1024

const FUNCTIONS: Readonly<Record<string, (call: NodeCall) => Result>> = {
  'digest-begin': ({ settings, data, digests }) => {
    keepDigest(number(settings, 'id'), createHash(text(settings, 'algorithm')).update(data), digests)
    return true
  },
  'digest-write': ({ settings, data, digests }) => {
    findDigest(settings, digests).update(data)
    return true
  },
  'digest-copy': ({ settings, digests }) => {
    keepDigest(number(settings, 'copy'), findDigest(settings, digests).copy(), digests)
    return true
  },
  'digest-end': ({ settings, digests }) => {
    const digest = findDigest(settings, digests)
    digests.delete(number(settings, 'id'))
    return digest.digest()
  },
  hash: ({ settings, data }) => createHash(text(settings, 'algorithm')).update(data).digest(),
  hmac: ({ settings, key, data }) => createHmac(text(settings, 'algorithm'), key).update(data).digest(),
  pbkdf2,
  scrypt,
  hkdf: ({ settings, key, data, other }) =>
    new Uint8Array(hkdfSync(text(settings, 'algorithm'), key, data, other, toLength(settings))),
  'import-key': importKey,
  'export-key': exportKey,
  'generate-pair': ({ settings }) => generatePair(settings),
  sign: ({ settings, key, data }) =>
    sign(toDigest(settings), data, { key: toPrivate(key), ...toSigning(settings) }),
  verify: ({ settings, key, data, other }) =>
    verify(toDigest(settings), data, { key: toPublic(key), ...toSigning(settings) }, other),
  'public-encrypt': ({ settings, key, data, other }) =>
    publicEncrypt({ key: toPublic(key), ...toPadding(settings, other) }, data),
  'private-decrypt': ({ settings, key, data, other }) =>
    privateDecrypt({ key: toPrivate(key), ...toPadding(settings, other) }, data),
  'private-encrypt': ({ settings, key, data, other }) =>
    privateEncrypt({ key: toPrivate(key), ...toPadding(settings, other) }, data),
  'public-decrypt': ({ settings, key, data, other }) =>
    publicDecrypt({ key: toPublic(key), ...toPadding(settings, other) }, data),
  agree: ({ key, data }) => diffieHellman({ privateKey: toPrivate(key), publicKey: toPublic(data) }),
  'ecdh-make': ({ settings }) => {
    const ecdh = createECDH(toCurve(settings))
    ecdh.generateKeys()
    return ecdh.getPrivateKey()
  },
  'ecdh-public': ({ settings, key }) => {
    const ecdh = createECDH(toCurve(settings))
    ecdh.setPrivateKey(key)
    return Buffer.from(ecdh.getPublicKey(null, toPoint(settings)))
  },
  'ecdh-secret': ({ settings, key, data }) => {
    const ecdh = createECDH(toCurve(settings))
    ecdh.setPrivateKey(key)
    return ecdh.computeSecret(data)
  },
  zlib: (call) => packOrUnpack(call, MOST_MS),
  curves: () => getCurves(),
  certificate: ({ data }) => describeCertificate(new X509Certificate(data)),
  'certificate-verify': ({ key, data }) => new X509Certificate(data).verify(toPublic(key)),
  'certificate-check': ({ settings, data }) => {
    const certificate = new X509Certificate(data)
    const name = text(settings, 'value')
    const kind = text(settings, 'kind')
    const found =
      kind === 'host'
        ? certificate.checkHost(name)
        : kind === 'email'
          ? certificate.checkEmail(name)
          : certificate.checkIP(name)
    return { found: found ?? null }
  },
}

/** As wit/crypto.wit says it. Never throws. */
export function compute(call: Uint8Array, bytes: readonly Uint8Array[], digests: Digests): Uint8Array {
  try {
    const settings = toSettings(call)
    const name = text(settings, 'name')
    if (!Object.hasOwn(FUNCTIONS, name))
      throw new TypeError(`expected a function of node:crypto, got ${name}`)
    const [key, data, other] = bytes.map(toBuffer) as [Buffer, Buffer, Buffer]
    const result = FUNCTIONS[name]!({ settings, key, data, other, digests })
    return result instanceof Uint8Array ? say(1, result) : say(2, Buffer.from(JSON.stringify(result)))
  } catch (error) {
    return toFailure(error)
  }
}

function toSettings(call: Uint8Array): Settings {
  if (call.length > MOST_CALL_BYTES)
    throw new RangeError(`expected settings of at most ${MOST_CALL_BYTES} bytes`)
  const settings: unknown = JSON.parse(toBuffer(call).toString())
  if (typeof settings !== 'object' || settings === null) throw new TypeError('expected an object of settings')
  return settings as Settings
}

function toFailure(error: unknown): Uint8Array {
  const { name, message, code } = (
    error instanceof Error ? error : new Error(String(error))
  ) as NodeJS.ErrnoException
  return say(0, Buffer.from(JSON.stringify({ name, message, code })))
}

function keepDigest(id: number, digest: Hash, digests: Digests): void {
  if (digests.size >= MOST_DIGESTS) digests.delete(digests.keys().next().value!)
  digests.set(id, digest)
}

function findDigest(settings: Settings, digests: Digests): Hash {
  const digest = digests.get(number(settings, 'id'))
  if (digest === undefined) throw new Error('the digest was given up, as too many others were begun')
  return digest
}

function pbkdf2({ settings, key, data }: NodeCall): Buffer {
  const length = toLength(settings)
  const iterations = number(settings, 'iterations')
  const hash = text(settings, 'algorithm').toLowerCase()
  const block = Object.hasOwn(BLOCKS, hash) ? BLOCKS[hash]! : LEAST_BLOCK
  requireQuick('pbkdf2', iterations * Math.ceil(length / block) * PBKDF2_MS)
  return pbkdf2Sync(key, data, iterations, length, hash)
}

function scrypt({ settings, key, data }: NodeCall): Buffer {
  const [N, r, p] = [number(settings, 'N'), number(settings, 'r'), number(settings, 'p')]
  requireQuick('scrypt', N * r * p * SCRYPT_MS)
  return scryptSync(key, data, toLength(settings), { N, r, p, maxmem: MOST_SCRYPT_BYTES })
}

function requireQuick(what: string, expectedMs: number): void {
  if (expectedMs <= MOST_MS) return
  throw new RangeError(
    `expected ${what} to take at most ${MOST_MS} ms at once, these settings would take some ${Math.round(expectedMs)}; ` +
      'take fewer iterations, or crypto.subtle, which does not hold up the app',
  )
}

function describeCertificate(certificate: X509Certificate): object {
  const { publicKey } = certificate
  return {
    subject: certificate.subject,
    subjectAltName: certificate.subjectAltName,
    issuer: certificate.issuer,
    infoAccess: certificate.infoAccess,
    validFrom: certificate.validFrom,
    validTo: certificate.validTo,
    fingerprint: certificate.fingerprint,
    fingerprint256: certificate.fingerprint256,
    fingerprint512: certificate.fingerprint512,
    keyUsage: certificate.keyUsage,
    serialNumber: certificate.serialNumber,
    ca: certificate.ca,
    pem: certificate.toString(),
    raw: certificate.raw.toString('base64'),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  }
}

/** What a signature is made with; each is there or is not. */
const toSigning = (settings: Settings): object => pick(settings, ['padding', 'saltLength', 'dsaEncoding'])

function toPadding(settings: Settings, label: Buffer): object {
  return { ...pick(settings, ['padding', 'oaepHash']), ...(label.length === 0 ? {} : { oaepLabel: label }) }
}

function pick(settings: Settings, names: readonly string[]): object {
  return Object.fromEntries(
    names.map((name) => [name, settings[name]]).filter(([, value]) => value !== undefined),
  )
}

/** None for algorithms that have a hash of their own. */
const toDigest = (settings: Settings): string | null =>
  settings['algorithm'] === null ? null : text(settings, 'algorithm')

function toCurve(settings: Settings): string {
  const curve = text(settings, 'curve')
  if (!getCurves().includes(curve))
    throw Object.assign(new TypeError('Invalid EC curve name'), { code: 'ERR_CRYPTO_INVALID_CURVE' })
  return curve
}

function toPoint(settings: Settings): 'compressed' | 'uncompressed' | 'hybrid' {
  const format = settings['format'] ?? 'uncompressed'
  if (format === 'compressed' || format === 'uncompressed' || format === 'hybrid') return format
  throw new TypeError('expected compressed, uncompressed or hybrid as the format of a point')
}

function toLength(settings: Settings): number {
  const length = number(settings, 'length')
  if (length > MOST_DERIVED)
    throw new RangeError(`expected a length of at most ${MOST_DERIVED} bytes, got ${length}`)
  return length
}

function text(settings: Settings, name: string): string {
  const value = settings[name]
  if (typeof value !== 'string') throw new TypeError(`expected a text as ${name}, got ${typeof value}`)
  return value
}

function number(settings: Settings, name: string): number {
  const value = settings[name]
  if (typeof value !== 'number') throw new TypeError(`expected a number as ${name}, got ${typeof value}`)
  return value
}

function say(kind: number, content: Uint8Array): Uint8Array {
  const said = new Uint8Array(1 + content.length)
  said[0] = kind
  said.set(content, 1)
  return said
}

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
