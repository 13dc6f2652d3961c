/** KV on the host: calls as the app's `KvNamespace` (lazy/kv.ts) makes them. */

import { delete as remove, get, getMany, list, put } from 'nano:workers/kv'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode, join, toJson } from '../globals/primordials.ts'
import type { ReadableStream } from '../globals/streams.ts'
import loadKv from '../lazy/kv.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { type Answer, sendCall, startCall } from './data.ts'

export interface PutOptions {
  /** Infinity: never. */
  readonly expiration: number
  readonly ttl: number
  /** JSON, or nothing. */
  readonly metadata: string
}

/** The calls of one namespace. */
export class KvHost {
  readonly #name: Bytes

  /** `name`: the binding's in `env`. */
  constructor(name: string) {
    this.#name = encode(name)
  }

  get(key: string): Promise<Answer> {
    return startCall((id) => get(id, this.#name, encode(key)))
  }

  getMany(keys: readonly string[]): Promise<Answer> {
    const lengths: number[] = []
    for (let i = 0; i < keys.length; i++) lengths[i] = encode(keys[i] as string).length
    return startCall((id) => getMany(id, this.#name, encode(`${toJson(lengths)}\n${join(keys, '')}`)))
  }

  put(
    key: string,
    value: Bytes | ReadableStream<Uint8Array>,
    { expiration, ttl, metadata }: PutOptions,
  ): Promise<Answer> {
    return sendCall(value, (id, first, more) =>
      put(id, this.#name, encode(key), expiration, ttl, encode(metadata), first, more),
    )
  }

  delete(key: string): Promise<Answer> {
    return startCall((id) => remove(id, this.#name, encode(key)))
  }

  list(prefix: string, limit: number, cursor: string): Promise<Answer> {
    return startCall((id) => list(id, this.#name, encode(prefix), limit, encode(cursor)))
  }
}

type Part = () => { readonly KvNamespace: new (host: KvHost) => unknown }

export const binding: GuestBinding = {
  events: {},
  kinds: { kv: (_settings, name) => new ((loadKv as Part)().KvNamespace)(new KvHost(name)) },
}
