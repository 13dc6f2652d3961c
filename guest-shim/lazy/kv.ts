/** `KVNamespace`, as Cloudflare documents it. The host checks what is given, and says what is wrong. */

import type { Answer } from '../bindings/data.ts'
import type { KvHost } from '../bindings/kv.ts'
import { bytesOf, type Bytes } from '../globals/buffer-source.ts'
import { decode, encode } from '../globals/primordials.ts'
import { isReadableStream } from '../globals/streams.ts'
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

const TYPES = ['text', 'json', 'arrayBuffer', 'stream'] as const
type Type = (typeof TYPES)[number]

const MOST_LISTED = 1000

export class KVNamespace {
  readonly #host: KvHost

  constructor(host: KvHost) {
    this.#host = host
  }

  async get(key: unknown, options: unknown = undefined): Promise<unknown> {
    const type = toType(options)
    if (Array.isArray(key)) return this.#getMany(key, type, ({ value }) => value)
    return (await this.#get(key, type)).value
  }

  async getWithMetadata(key: unknown, options: unknown = undefined): Promise<unknown> {
    const type = toType(options)
    if (Array.isArray(key)) return this.#getMany(key, type, (found) => found)
    return { ...(await this.#get(key, type)), cacheStatus: null }
  }

  async put(key: unknown, value: unknown, options: unknown = undefined): Promise<void> {
    const { expiration, expirationTtl, metadata } = (isObject(options) ? options : {}) as PutGiven
    await this.#host.put(toScalarText(key), toValue(value), {
      expiration: toNumber(expiration),
      ttl: toNumber(expirationTtl),
      metadata: metadata === undefined || metadata === null ? '' : (JSON.stringify(metadata) ?? ''),
    })
  }

  async delete(key: unknown): Promise<void> {
    await this.#host.delete(toScalarText(key))
  }

  async list(options: unknown = undefined): Promise<unknown> {
    const { prefix, limit, cursor } = (isObject(options) ? options : {}) as ListGiven
    const most = limit === undefined || limit === null ? MOST_LISTED : toNumber(limit)
    const { meta } = await this.#host.list(toOptionalText(prefix), most, toOptionalText(cursor))
    return { ...(meta as Listed), cacheStatus: null }
  }

  async #get(key: unknown, type: Type): Promise<{ value: unknown; metadata: unknown }> {
    const answer = await this.#host.get(toScalarText(key))
    if (answer.meta === null) return { value: null, metadata: null }
    return { value: await toResult(answer, type), metadata: (answer.meta as Found).metadata }
  }

  async #getMany(
    keys: readonly unknown[],
    type: Type,
    pick: (found: { value: unknown; metadata: unknown }) => unknown,
  ): Promise<Map<string, unknown>> {
    if (type !== 'text' && type !== 'json')
      throw new TypeError(`"${type}" is not a valid type. Use "json" or "text" to get several keys at once.`)
    const names = keys.map(toScalarText)
    const answer = await this.#host.getMany(names)
    const entries = answer.meta as readonly (({ length: number } & Found) | null)[]
    return answer.read((bytes) => {
      let at = 0
      const found = names.map((name, index): [string, unknown] => {
        const entry = entries[index]
        if (entry === null || entry === undefined) return [name, pick({ value: null, metadata: null })]
        const text = decode(bytes.subarray(at, (at += entry.length)))
        return [name, pick({ value: type === 'json' ? JSON.parse(text) : text, metadata: entry.metadata })]
      })
      return new Map(found)
    })
  }
}

function toType(options: unknown): Type {
  const given = isObject(options) ? (options as { type?: unknown }).type : options
  if (given === undefined || given === null) return 'text'
  for (const type of TYPES) if (type === given) return type
  throw new TypeError(
    `Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream". Got "${toText(given)}".`,
  )
}

function toResult(answer: Answer, type: Type): unknown {
  if (type === 'stream') return answer.open()
  return answer.read((bytes): unknown => {
    if (type === 'arrayBuffer') return bytes.buffer
    const text = decode(bytes)
    return type === 'json' ? JSON.parse(text) : text
  })
}

function toValue(value: unknown): Bytes | ReadableStream<Uint8Array> {
  if (typeof value === 'string') return encode(value)
  if (isReadableStream(value)) return value
  const bytes = bytesOf(value)
  if (bytes !== undefined) return bytes
  throw new TypeError(
    'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.',
  )
}

/** Infinity: nothing was given. */
function toNumber(value: unknown): number {
  return value === undefined || value === null ? Infinity : Number(value)
}

function toOptionalText(value: unknown): string {
  return value === undefined || value === null ? '' : toScalarText(value)
}

finishInterface(KVNamespace, 'KVNamespace')
