/**
 * The store for caches that an app fills itself (caches.default, caches.open, fetches with `cf.cacheTtl`): in memory, one for
 * all shards, and gone with the process. What an app keeps in all of its caches together is bounded by what its calls say;
 * what all apps keep, by the server.
 */

import { BY_STATUS } from '../../cache/kept-response.ts'
import type { CacheableResponse, CacheRequest } from '../../cache/kept-response.ts'
import { ResponseStore } from '../../cache/response-store.ts'
import type { Purge } from '../../cache/response-store.ts'
import { selectCached } from '../../cache/select-cached.ts'
import { CAPACITY_RULES } from '../../config/capacity.ts'
import type { StorageSettings } from '../../config/storage-settings.ts'
import { StorageError } from '../failure.ts'
import type { Store, StoreAnswer } from '../store.ts'

/** What is asked for. `cache`: its name; nothing for the default one. */
export type CacheCall =
  /** `look`: as `match`, by who is going to put what is not there. */
  | { readonly op: 'match' | 'look' | 'delete'; readonly args: CacheKey }
  | { readonly op: 'put'; readonly args: CachePut }
  | { readonly op: 'purge'; readonly args: Purge }

interface CacheKey {
  readonly cache: string
  readonly request: CacheRequest
}

interface CachePut extends CacheKey {
  readonly response: CachedHead
  /** What all that the app keeps may take up. */
  readonly mostBytes: number
  /** For how long, whatever the response says. */
  readonly seconds?: number | undefined
  readonly tags?: readonly string[]
  /** As `look` gave it: nothing is kept when something was purged since. */
  readonly purges?: number
}

/** A response without its body. */
export type CachedHead = Omit<CacheableResponse, 'body'>

/** The answer to `look`. */
export interface Looked {
  readonly found: CachedHead | null
  readonly purges: number
}

/** The answer to `put`. */
export interface Put {
  readonly stored: boolean
  /** Responses of the app that have made room. */
  readonly evicted: number
}

const BYTES_PER_MB = 1024 * 1024
/** The least that a store may have: until something is put there is nothing. */
const NO_BYTES = 1

export async function openCache({
  cachesMb = CAPACITY_RULES.cachesMb.initial,
}: StorageSettings): Promise<Store> {
  const apps = new AppCaches(cachesMb * BYTES_PER_MB)
  return {
    call: ({ key, op, args, body }) => apps.call(key, { op, args } as CacheCall, body),
    async forget(key) {
      apps.forget(key)
    },
    async [Symbol.asyncDispose]() {
      apps.clear()
    },
  }
}

/** The caches of all apps. */
class AppCaches {
  readonly #mostBytes: number
  /** The one that was not used for the longest comes first. */
  readonly #apps = new Map<string, ResponseStore>()
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  call(key: string, call: CacheCall, body: Uint8Array | ReadableStream<Uint8Array>): StoreAnswer {
    const store = this.#apps.get(key) ?? new ResponseStore(NO_BYTES)
    const before = store.bytes
    this.#apps.delete(key)
    this.#apps.set(key, store)
    const answer = run(store, call, body)
    this.#bytes += store.bytes - before
    this.#makeRoom()
    return answer
  }

  forget(key: string): void {
    this.#bytes -= this.#apps.get(key)?.bytes ?? 0
    this.#apps.delete(key)
  }

  clear(): void {
    this.#apps.clear()
  }

  #makeRoom(): void {
    for (const [key, store] of this.#apps) {
      if (this.#bytes <= this.#mostBytes) return
      this.#bytes -= store.bytes
      this.#apps.delete(key)
    }
  }
}

function run(
  store: ResponseStore,
  call: CacheCall,
  body: Uint8Array | ReadableStream<Uint8Array>,
): StoreAnswer {
  switch (call.op) {
    case 'match': {
      const { meta, bytes } = look(store, call.args)
      return { meta, body: bytes }
    }
    case 'look': {
      const { meta: found, bytes } = look(store, call.args)
      return { meta: { found, purges: store.purges } satisfies Looked, body: bytes }
    }
    case 'put': {
      if (!(body instanceof Uint8Array)) throw new StorageError('STORAGE_INVALID', 'expected a whole body')
      return { meta: put(store, call.args, body) satisfies Put }
    }
    case 'delete':
      return { meta: store.delete(call.args.cache, call.args.request.url) }
    default:
      return { meta: store.purge(call.args) }
  }
}

function look(
  store: ResponseStore,
  { cache, request }: CacheKey,
): { meta: CachedHead | null; bytes: Uint8Array } {
  const found = store.find(cache, request)
  if (found?.state !== 'fresh') return { meta: null, bytes: NOTHING }
  const { body: bytes, ...meta } = selectCached(found, request, 'HIT')
  return { meta, bytes }
}

function put(store: ResponseStore, args: CachePut, body: Uint8Array): Put {
  const { cache, request, response, mostBytes, purges, ...keep } = args
  const before = store.counts.evicted
  store.resize(mostBytes)
  // of its own, not a part of what was posted
  const whole = { ...response, body: new Uint8Array(body) }
  const stored = store.put(cache, request, whole, { ...BY_STATUS, ...keep }, purges)
  return { stored, evicted: store.counts.evicted - before }
}

const NOTHING = new Uint8Array(0)
