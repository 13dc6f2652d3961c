/**
 * KV (wit/kv.wit): checks what the guest passes, and starts calls; data.ts has what becomes of them. The limits and messages
 * are those that Cloudflare documents, so that an app that handles them there handles them here.
 */
import { isUtf8 } from 'node:buffer'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-kv.d.ts'
import { StorageError } from '../storage/failure.ts'
import type { KvCall } from '../storage/kv/open.ts'
import type { BindingContext } from './binding.ts'
import type { DataAsk, DataBinding } from './data.ts'
import { PassiveBinding } from './passive-binding.ts'

const MOST_KEY_BYTES = 512
const MOST_METADATA_BYTES = 1024
const MOST_VALUE_BYTES = 25 * 1024 * 1024
const LEAST_TTL = 60
const MOST_KEYS = 100
const MOST_LISTED = 1000

const KIND = 'kv'
const MS_PER_SECOND = 1000
const BYTES_PER_MB = 1024 * 1024

class KvBinding extends PassiveBinding {
  readonly #data: DataBinding
  /** What a namespace may take up. */
  readonly #mostBytes: number

  constructor(data: DataBinding, mostBytes: number) {
    super()
    this.#data = data
    this.#mostBytes = mostBytes
  }

  readonly imports = {
    get: (id: number, namespace: Uint8Array, key: Uint8Array): void =>
      this.#data.start(id, KIND, namespace, () => ask({ op: 'get', args: { key: checkKey('GET', key) } })),
    getMany: (id: number, namespace: Uint8Array, keys: Uint8Array): void =>
      this.#data.start(id, KIND, namespace, () => ask({ op: 'get-many', args: { keys: splitKeys(keys) } })),
    put: (
      id: number,
      namespace: Uint8Array,
      key: Uint8Array,
      expiration: number,
      ttl: number,
      metadata: Uint8Array,
      value: Uint8Array,
      more: boolean,
    ): void =>
      this.#data.start(id, KIND, namespace, () => {
        checkKey('PUT', key)
        const expires = toExpiration(expiration, ttl)
        const args = { key, expiration: expires, metadata: toMetadata(metadata), mostBytes: this.#mostBytes }
        if (value.length > MOST_VALUE_BYTES) throw tooLong(value.length)
        const whole = { mostBytes: MOST_VALUE_BYTES, tooLong }
        return { ...ask({ op: 'put', args }), body: value, more, whole }
      }),
    delete: (id: number, namespace: Uint8Array, key: Uint8Array): void =>
      this.#data.start(id, KIND, namespace, () =>
        ask({ op: 'delete', args: { key: checkKey('DELETE', key) } }),
      ),
    list: (id: number, namespace: Uint8Array, prefix: Uint8Array, limit: number, cursor: Uint8Array): void =>
      this.#data.start(id, KIND, namespace, () =>
        ask({ op: 'list', args: toListing(prefix, limit, cursor) }),
      ),
  } satisfies typeof Wit
}

/** Holds a call to what the store takes. */
function ask(call: KvCall): DataAsk {
  return call
}

function checkKey(method: string, key: Uint8Array): Uint8Array {
  if (key.length === 0) throw wrong('Key name cannot be empty.', 'TypeError')
  const text = Buffer.from(key).toString()
  if (text === '.' || text === '..') throw wrong(`"${text}" is not allowed as a key name.`, 'TypeError')
  if (key.length > MOST_KEY_BYTES) {
    const problem = `UTF-8 encoded length of ${key.length} exceeds key length limit of ${MOST_KEY_BYTES}.`
    throw wrong(`KV ${method} failed: 414 ${problem}`)
  }
  if (!isUtf8(key)) throw wrong('a key name must be UTF-8', 'TypeError')
  return key
}

/** The lengths of the keys, as JSON, LF, the keys. */
function splitKeys(joined: Uint8Array): readonly Uint8Array[] {
  const end = joined.indexOf(0x0a)
  const lengths = parseList(Buffer.from(joined.subarray(0, Math.max(0, end))).toString())
  if (lengths.length === 0) throw wrong('KV GET_BULK failed: 400 You must request a minimum of 1 key')
  if (lengths.length > MOST_KEYS) {
    throw wrong(`KV GET_BULK failed: 400 You can request a maximum of ${MOST_KEYS} keys`)
  }
  let at = end + 1
  return lengths.map((length) => checkKey('GET_BULK', joined.slice(at, (at += length))))
}

/** Whole numbers that are not negative; nothing else comes from our guests. */
function parseList(json: string): readonly number[] {
  let list: unknown
  try {
    list = JSON.parse(json)
  } catch {
    // the same as what is no list
  }
  if (Array.isArray(list) && list.every((each): each is number => Number.isInteger(each) && each >= 0))
    return list
  throw wrong('expected the lengths of the keys')
}

function toExpiration(expiration: number, ttl: number): number | undefined {
  const now = Math.floor(Date.now() / MS_PER_SECOND)
  if (ttl !== Infinity) {
    checkWhole('expiration_ttl', ttl, 0, 'Please specify integer greater than 0.')
    if (ttl < LEAST_TTL) throw tooSoon('expiration_ttl', ttl, `Expiration TTL must be at least ${LEAST_TTL}.`)
    return now + ttl
  }
  if (expiration === Infinity) return undefined
  checkWhole('expiration', expiration, now, TOO_EARLY)
  if (expiration < now + LEAST_TTL)
    throw tooSoon(
      'expiration',
      expiration,
      `Expiration times must be at least ${LEAST_TTL} seconds in the future.`,
    )
  return expiration
}

const TOO_EARLY = 'Please specify integer greater than the current number of seconds since the UNIX epoch.'

function checkWhole(what: string, value: number, least: number, next: string): void {
  if (!Number.isSafeInteger(value) || value <= least) throw tooSoon(what, value, next)
}

const tooSoon = (what: string, value: number, next: string): StorageError =>
  wrong(`KV PUT failed: 400 Invalid ${what} of ${value}. ${next}`)

function toMetadata(metadata: Uint8Array): string | undefined {
  if (metadata.length === 0) return undefined
  if (metadata.length > MOST_METADATA_BYTES) {
    const problem = `Metadata length of ${metadata.length} exceeds limit of ${MOST_METADATA_BYTES}.`
    throw wrong(`KV PUT failed: 413 ${problem}`)
  }
  const text = Buffer.from(metadata).toString()
  try {
    if (!isUtf8(metadata)) throw new TypeError('expected UTF-8')
    JSON.parse(text)
  } catch {
    throw wrong('KV PUT failed: 400 Metadata must be valid JSON.')
  }
  return text
}

function tooLong(length: number): StorageError {
  return wrong(`KV PUT failed: 413 Value length of ${length} exceeds limit of ${MOST_VALUE_BYTES}.`)
}

function toListing(prefix: Uint8Array, limit: number, cursor: Uint8Array) {
  if (limit < 1 || limit > MOST_LISTED) {
    const next = limit < 1 ? 'greater than 0' : `less than ${MOST_LISTED}`
    throw wrong(`KV GET failed: 400 Invalid key_count_limit of ${limit}. Please specify an integer ${next}.`)
  }
  if (prefix.length > MOST_KEY_BYTES || !isUtf8(prefix)) {
    const problem = `UTF-8 encoded length of ${prefix.length} exceeds key length limit of ${MOST_KEY_BYTES}.`
    throw wrong(`KV GET failed: 414 ${problem}`)
  }
  const after =
    cursor.length === 0 ? undefined : new Uint8Array(Buffer.from(Buffer.from(cursor).toString(), 'base64url'))
  return { prefix, limit, after }
}

function wrong(message: string, name = 'Error'): StorageError {
  return new StorageError('', message, { name })
}

export const bind = ({ data, kvMb }: BindingContext): KvBinding => new KvBinding(data, kvMb * BYTES_PER_MB)
