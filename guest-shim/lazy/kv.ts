/**
 * KV namespaces as Cloudflare has them; workerd names the class so. The host checks what is given beyond its type, and says
 * what is wrong.
 */

import type { Answer } from '../bindings/data.ts'
import type { KvHost } from '../bindings/kv.ts'
import { bytesOf, type Bytes } from '../globals/buffer-source.ts'
import { decodeAll, encode, NativeError } from '../globals/primordials.ts'
import { isReadableStream } from '../globals/streams.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject, toScalarText, toText } from '../globals/web-idl.ts'

interface PutGiven {
  readonly expiration?: unknown
  readonly expirationTtl?: unknown
  readonly metadata?: unknown
}

interface ListGiven {
  readonly prefix?: unknown
  readonly limit?: unknown
  readonly cursor?: unknown
}

interface Found {
  readonly metadata: unknown
}

interface Listed {
  readonly keys: readonly unknown[]
  readonly list_complete: boolean
  readonly cursor?: string
}

const LEAST_CACHE_TTL = 30
const LEAST_LONG = -(2 ** 31)
const MOST_LONG = 2 ** 31 - 1
const MOST_LISTED = 1000

export class KvNamespace {
  readonly #host: KvHost

  constructor(host: KvHost) {
    this.#host = host
  }

  async get(key: unknown, options: unknown = undefined): Promise<unknown> {
    const type = toType(options)
    checkCacheTtl(key, options)
    if (Array.isArray(key)) return this.#getMany(key, type, ({ value }) => value)
    requireParameters(arguments.length, 'get', 'string')
    return (await this.#get(key, type)).value
  }

  async getWithMetadata(key: unknown, options: unknown = undefined): Promise<unknown> {
    const type = toType(options)
    checkCacheTtl(key, options)
    if (Array.isArray(key)) return this.#getMany(key, type, (found) => found)
    requireParameters(arguments.length, 'get', 'string')
    return { ...(await this.#get(key, type)), cacheStatus: null }
  }

  async put(key: unknown, value: unknown, options: unknown = undefined): Promise<void> {
    requireParameters(arguments.length, 'put', 'string', 'string or Object')
    const { expiration, expirationTtl, metadata } = toGiven('put', 3, options) as PutGiven
    await this.#host.put(toScalarText(key), toValue(value), {
      expiration: toInteger(expiration),
      ttl: toInteger(expirationTtl),
      metadata: metadata === undefined ? '' : (JSON.stringify(metadata) ?? ''),
    })
  }

  async delete(key: unknown): Promise<void> {
    requireParameters(arguments.length, 'delete', 'string')
    await this.#host.delete(toScalarText(key))
  }

  async list(options: unknown = undefined): Promise<unknown> {
    const { prefix, limit, cursor } = toGiven('list', 1, options) as ListGiven
    const asked = toInteger(limit)
    const most = asked > 0 && asked < Infinity ? asked : MOST_LISTED
    const { meta } = await this.#host.list(toOptionalText(prefix), most, toOptionalText(cursor))
    return { ...(meta as Listed), cacheStatus: null }
  }

  async #get(key: unknown, type: unknown): Promise<{ value: unknown; metadata: unknown }> {
    const answer = await this.#host.get(toScalarText(key))
    if (answer.meta === null) return { value: null, metadata: null }
    return { value: await toResult(answer, type), metadata: (answer.meta as Found).metadata }
  }

  async #getMany(
    keys: readonly unknown[],
    type: unknown,
    pick: (found: { value: unknown; metadata: unknown }) => unknown,
  ): Promise<Map<string, unknown>> {
    if (type !== 'text' && type !== 'json')
      throw new NativeError(
        `KV GET_BULK failed: 400 "${toText(type)}" is not a valid type. Use "json" or "text"`,
      )
    const names = keys.map(toScalarText)
    const answer = await this.#host.getMany(names)
    const entries = answer.meta as readonly (({ length: number } & Found) | null)[]
    return answer.read((bytes) => {
      let at = 0
      const found = names.map((name, index): [string, unknown] => {
        const entry = entries[index]
        if (entry === null || entry === undefined) return [name, pick({ value: null, metadata: null })]
        const text = decodeAll(bytes.subarray(at, (at += entry.length)))
        return [
          name,
          pick({ value: type === 'json' ? parseOneOfMany(text) : text, metadata: entry.metadata }),
        ]
      })
      return new Map(found)
    })
  }
}

/** Undefined, null and an object without a type ask for text. */
function toType(options: unknown): unknown {
  return (isObject(options) ? (options as { type?: unknown }).type : options) ?? 'text'
}

/** There is no cache that it could be for; what Cloudflare refuses is refused. */
function checkCacheTtl(key: unknown, options: unknown): void {
  const ttl = toInteger(isObject(options) ? (options as { cacheTtl?: unknown }).cacheTtl : undefined)
  if (ttl < LEAST_CACHE_TTL)
    throw new NativeError(
      `KV ${Array.isArray(key) ? 'GET_BULK' : 'GET'} failed: 400 Invalid cache_ttl of ${ttl}. Cache TTL must be at least ${LEAST_CACHE_TTL}.`,
    )
}

/** What was given at all; `undefined` is a text like any other. */
function requireParameters(got: number, method: string, ...expected: readonly string[]): void {
  const missing = expected[got]
  if (missing !== undefined) throw wrongParameter(method, got + 1, missing)
}

/** Undefined and null: nothing. */
function toGiven(method: string, index: number, options: unknown): object {
  if (isObject(options)) return options
  if (options === undefined || options === null) return {}
  throw wrongParameter(method, index, 'Object')
}

const wrongParameter = (method: string, index: number, expected: string): TypeError =>
  new TypeError(
    `Failed to execute '${method}' on 'KvNamespace': parameter ${index} is not of type '${expected}'.`,
  )

function toResult(answer: Answer, type: unknown): unknown {
  if (type === 'stream') return answer.open()
  if (type === 'arrayBuffer') return answer.read((bytes) => bytes.buffer)
  if (type === 'text') return answer.read((bytes) => decodeAll(bytes))
  if (type === 'json') return answer.read((bytes): unknown => JSON.parse(decodeAll(bytes)))
  throw new TypeError(
    'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".',
  )
}

function parseOneOfMany(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NativeError(
      'KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value',
      { cause },
    )
  }
}

function toValue(value: unknown): Bytes | ReadableStream<Uint8Array> {
  if (!isObject(value)) return encode(toScalarText(value))
  if (isReadableStream(value)) return value
  const bytes = bytesOf(value)
  if (bytes !== undefined) return bytes
  throw new TypeError(
    'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.',
  )
}

/** A long; Infinity: nothing was given. */
function toInteger(value: unknown): number {
  if (value === undefined) return Infinity
  const number = Math.trunc(Number(value)) || 0
  if (number >= LEAST_LONG && number <= MOST_LONG) return number
  throw new TypeError(`Value out of range. Must be between ${LEAST_LONG} and ${MOST_LONG} (inclusive).`)
}

function toOptionalText(value: unknown): string {
  return value === undefined || value === null ? '' : toScalarText(value)
}

finishInterface(KvNamespace, 'KvNamespace')
refuse([KvNamespace])
