/**
 * Calls of `crypto.subtle`, right, odd and wrong, which a guest and Node both make: what comes of them must be the same.
 * Nothing here knows where it runs.
 */

/** Called with whatever a case likes. */
export type Subtle = Record<
  'importKey' | 'exportKey' | 'generateKey' | 'sign' | 'verify' | 'digest',
  (...args: unknown[]) => Promise<unknown>
>
type Case = (subtle: Subtle) => Promise<unknown>

const BYTES = Uint8Array.from({ length: 300 }, (_, i) => i * 7)
const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'sha-256', { name: 'Sha-512' }]
const BOTH = ['sign', 'verify']
const hmac = (hash: unknown = 'SHA-256', length?: unknown) => ({ name: 'HMAC', hash, length })
const toKey = (subtle: Subtle, bytes: unknown = BYTES.slice(0, 32), usages = BOTH) =>
  subtle.importKey('raw', bytes, hmac(), true, usages)
const K = 'VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU'

export const CASES: Record<string, Case> = {}

for (const hash of HASHES) {
  const name = JSON.stringify(hash)
  for (const size of [1, 20, 63, 64, 65, 127, 128, 129, 300]) {
    CASES[`${name} with a key of ${size} bytes`] = async (subtle) => {
      const key = await subtle.importKey('raw', BYTES.subarray(0, size), hmac(hash), true, [
        'verify',
        'sign',
        'sign',
      ])
      const mac = await subtle.sign('hmac', key, BYTES)
      const good = await subtle.verify(hmac(), key, mac, BYTES)
      const bad = await subtle.verify('HMAC', key, mac, BYTES.subarray(1))
      const short = await subtle.verify('HMAC', key, (mac as ArrayBuffer).slice(1), BYTES)
      const raw = await subtle.exportKey('raw', key)
      return [show(key), mac, good, bad, short, raw, await subtle.exportKey('jwk', key)]
    }
  }
  for (const size of [0, 1, 55, 56, 64, 300]) {
    CASES[`${name} of ${size} bytes`] = async (subtle) => {
      const key = await toKey(subtle)
      return [
        await subtle.sign('HMAC', key, BYTES.subarray(0, size)),
        await subtle.digest(hash, BYTES.subarray(0, size)),
      ]
    }
  }
  CASES[`${name}: a generated key`] = async (subtle) => {
    const key = await subtle.generateKey(hmac(hash), true, BOTH)
    const other = await subtle.generateKey(hmac(hash, 9 * 8), false, BOTH)
    const raw = (await subtle.exportKey('raw', key)) as ArrayBuffer
    return [
      show(key),
      show(other),
      raw.byteLength,
      await subtle.verify('HMAC', key, await subtle.sign('HMAC', key, BYTES), BYTES),
    ]
  }
}

const BUFFERS: Record<string, () => unknown> = {
  'an ArrayBuffer': () => BYTES.slice().buffer,
  'a DataView': () => new DataView(BYTES.buffer, 3, 50),
  'a view with an offset': () => BYTES.subarray(5, 90),
  'a view of words': () => new Uint16Array(BYTES.buffer, 4, 10),
  'a view of doubles': () => new Float64Array(BYTES.buffer, 8, 4),
  'nothing in a buffer': () => new ArrayBuffer(0),
  'nothing in a view': () => new Uint8Array(0),
  'a resizable buffer': () => new ArrayBuffer(10, { maxByteLength: 100 }),
  'a view that follows its buffer': () => new Uint8Array(new ArrayBuffer(10, { maxByteLength: 100 }), 2),
  'a view out of its buffer': () => {
    const buffer = new ArrayBuffer(10, { maxByteLength: 100 })
    const view = new Uint8Array(buffer, 5)
    buffer.resize(2)
    return view
  },
  'a string': () => 'text',
  null: () => null,
  undefined: () => undefined,
  'an array': () => [1, 2, 3],
  'what looks like a buffer': () => Object.create(ArrayBuffer.prototype) as unknown,
  'what looks like a view': () => Object.create(Uint8Array.prototype) as unknown,
  'a view that lies': () => Object.defineProperty(BYTES.slice(0, 8), 'byteLength', { value: 4 }),
}
for (const [name, make] of Object.entries(BUFFERS)) {
  CASES[`${name} as data`] = async (subtle) => subtle.sign('HMAC', await toKey(subtle), make())
  CASES[`${name} as a signature`] = async (subtle) =>
    subtle.verify('HMAC', await toKey(subtle), make(), BYTES)
  CASES[`${name} as a key`] = async (subtle) => show(await toKey(subtle, make()))
  CASES[`${name} to digest`] = (subtle) => subtle.digest('SHA-256', make())
}
CASES['many at the same time'] = async (subtle) => {
  const key = await toKey(subtle)
  return Promise.all(Array.from({ length: 100 }, (_, i) => subtle.sign('HMAC', key, BYTES.subarray(i))))
}
CASES['data that changes after the call'] = async (subtle) => {
  const data = BYTES.slice()
  const signing = subtle.sign('HMAC', await toKey(subtle), data)
  data.fill(0)
  return signing
}
CASES['a key whose bytes change after the call'] = async (subtle) => {
  const bytes = BYTES.slice(0, 64)
  const importing = subtle.importKey('raw', bytes, hmac(), true, BOTH)
  bytes.fill(0)
  return subtle.exportKey('raw', await importing)
}

const KEYS: Record<string, unknown> = {
  'a good one': { kty: 'oct', k: K },
  'with everything': {
    kty: 'oct',
    k: K,
    alg: 'HS256',
    use: 'sig',
    key_ops: ['verify', 'sign'],
    ext: true,
    other: 1,
  },
  'of another algorithm': { kty: 'oct', k: K, alg: 'HS512' },
  'of another use': { kty: 'oct', k: K, use: 'enc' },
  'of other operations': { kty: 'oct', k: K, key_ops: ['encrypt'] },
  'of one operation': { kty: 'oct', k: K, key_ops: ['sign'] },
  'of an operation twice': { kty: 'oct', k: K, key_ops: ['sign', 'verify', 'sign'] },
  'not extractable': { kty: 'oct', k: K, ext: false },
  'without k': { kty: 'oct' },
  'without bytes': { kty: 'oct', k: '' },
  'without kty': { k: K },
  'that is a string': 'text',
}
for (const [name, jwk] of Object.entries(KEYS)) {
  for (const extractable of [true, false]) {
    CASES[`a JWK ${name}, ${extractable ? '' : 'not '}extractable`] = async (subtle) => {
      const key = await subtle.importKey('jwk', jwk, hmac(), extractable, BOTH)
      return [show(key), await subtle.sign('HMAC', key, BYTES)]
    }
  }
}

const ARGUMENTS: Record<string, unknown[]> = {
  none: [],
  'a format that is none': ['der', BYTES, hmac(), true, BOTH],
  spki: ['spki', BYTES, hmac(), true, BOTH],
  pkcs8: ['pkcs8', BYTES, hmac(), true, BOTH],
  'no name': ['raw', BYTES, {}, true, BOTH],
  'no hash': ['raw', BYTES, 'HMAC', true, BOTH],
  'an unknown hash': ['raw', BYTES, hmac('SHA-3'), true, BOTH],
  'an unknown algorithm': ['raw', BYTES, 'ROT13', true, BOTH],
  'no usages': ['raw', BYTES, hmac(), true, []],
  'a usage of others': ['raw', BYTES, hmac(), true, ['encrypt']],
  'a usage that is none': ['raw', BYTES, hmac(), true, ['watch']],
  'usages that are no list': ['raw', BYTES, hmac(), true, {}],
  'usages that are a string': ['raw', BYTES, hmac(), true, 'sign'],
  'the whole length': ['raw', BYTES, hmac('SHA-256', 2400), true, BOTH],
  'a length too long': ['raw', BYTES, hmac('SHA-256', 2401), true, BOTH],
  'a length too short': ['raw', BYTES, hmac('SHA-256', 2392), true, BOTH],
  'a length of zero': ['raw', BYTES, hmac('SHA-256', 0), true, BOTH],
  'a negative length': ['raw', BYTES, hmac('SHA-256', -1), true, BOTH],
  'a length that is no number': ['raw', BYTES, hmac('SHA-256', 'many'), true, BOTH],
}
for (const [name, args] of Object.entries(ARGUMENTS)) {
  CASES[`importKey: ${name}`] = async (subtle) => show(await subtle.importKey(...args))
  CASES[`generateKey: ${name}`] = async (subtle) => {
    const key = await subtle.generateKey(...args.slice(2))
    return show(key)
  }
}
const USES: Record<string, (key: unknown) => ['exportKey' | 'sign' | 'verify', ...unknown[]]> = {
  'sign with no key': () => ['sign', 'HMAC', {}, BYTES],
  'sign with nothing': () => ['sign'],
  'sign by another algorithm': (key) => ['sign', 'ROT13', key, BYTES],
  'sign by no algorithm': (key) => ['sign', {}, key, BYTES],
  'verify without data': (key) => ['verify', 'HMAC', key, BYTES],
  'export as spki': (key) => ['exportKey', 'spki', key],
  'export as nonsense': (key) => ['exportKey', 'nonsense', key],
  'export nothing': () => ['exportKey', 'raw', null],
}
for (const [name, use] of Object.entries(USES)) {
  CASES[name] = async (subtle) => {
    const [method, ...args] = use(await toKey(subtle))
    return subtle[method](...args)
  }
}
CASES['sign with a key to verify'] = async (subtle) =>
  subtle.sign('HMAC', await toKey(subtle, BYTES, ['verify']), BYTES)
CASES['verify with a key to sign'] = async (subtle) =>
  subtle.verify('HMAC', await toKey(subtle, BYTES, ['sign']), BYTES, BYTES)
CASES['export what is not extractable'] = async (subtle) =>
  subtle.exportKey('raw', await subtle.importKey('raw', BYTES, hmac(), false, BOTH))

/** What one can see of a key. */
function show(key: unknown): unknown {
  const { type, extractable, algorithm, usages } = key as Record<string, unknown>
  return { kind: Object.prototype.toString.call(key), type, extractable, algorithm, usages }
}

/** What comes of every case: its value, or the kind of its error. */
export async function runCases(subtle: Subtle): Promise<Record<string, unknown>> {
  const outcomes: Record<string, unknown> = {}
  for (const [name, run] of Object.entries(CASES)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that one that ends everything is known
      outcomes[name] = toPlain(await run(subtle))
    } catch (error) {
      outcomes[name] = { threw: (error as Error).name }
    }
  }
  return outcomes
}

function toPlain(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)].join(' ')
  if (Array.isArray(value)) return value.map(toPlain)
  return value
}
