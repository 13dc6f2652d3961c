/**
 * The store for caches that an app fills itself (caches.default, caches.open): in memory, one for all shards, and gone with
 * the process. What an app keeps in all of its caches together is bounded.
 */

import { ResponseStore } from '../../cache/response-store.ts'
import type { CacheableResponse, CacheRequest, Keep } from '../../cache/response-store.ts'
import { selectCached } from '../../cache/select-cached.ts'
import { StorageError } from '../failure.ts'
import type { Store, StoreAnswer } from '../store.ts'

/** What `host/bindings/cache.ts` asks for. `cache`: its name; nothing for the default one. */
export type CacheCall =
  | {
      readonly op: 'match' | 'delete'
      readonly args: { readonly cache: string; readonly request: CacheRequest }
    }
  | {
      readonly op: 'put'
      readonly args: {
        readonly cache: string
        readonly request: CacheRequest
        readonly response: Omit<CacheableResponse, 'body'>
      }
    }
  | { readonly op: 'purge'; readonly args: Parameters<ResponseStore['purge']>[0] }

/** Of one app. */
export const MOST_BYTES = 64 * 1024 * 1024
/** Apps that have caches; the one that was not used for the longest goes. */
const MOST_APPS = 1000

/** What Cloudflare keeps where a response says nothing: seconds by status. */
const DEFAULT_SECONDS: Readonly<Record<number, number>> = {
  200: 7200,
  301: 7200,
  302: 1200,
  303: 1200,
  404: 180,
  410: 180,
}
const KEEP: Keep = { defaultSeconds: (status) => DEFAULT_SECONDS[status] }

export async function openCache(): Promise<Store> {
  const apps = new Map<string, ResponseStore>()
  const open = (key: string): ResponseStore => {
    const store = apps.get(key) ?? new ResponseStore(MOST_BYTES)
    apps.delete(key)
    apps.set(key, store)
    if (apps.size > MOST_APPS) apps.delete(apps.keys().next().value!)
    return store
  }
  return {
    call: ({ key, op, args, body }) => run(open(key), { op, args } as CacheCall, body),
    async [Symbol.asyncDispose]() {
      apps.clear()
    },
  }
}

function run(
  store: ResponseStore,
  call: CacheCall,
  body: Uint8Array | ReadableStream<Uint8Array>,
): StoreAnswer {
  switch (call.op) {
    case 'match': {
      const { cache, request } = call.args
      const found = store.find(cache, request)
      if (found?.state !== 'fresh') return { meta: null }
      const { body: bytes, ...meta } = selectCached(found, request, 'HIT')
      return { meta, body: bytes }
    }
    case 'put': {
      if (!(body instanceof Uint8Array)) throw new StorageError('STORAGE_INVALID', 'expected a whole body')
      const { cache, request, response } = call.args
      store.put(cache, request, { ...response, body: new Uint8Array(body) }, KEEP)
      return { meta: null }
    }
    case 'delete':
      return { meta: store.delete(call.args.cache, call.args.request.url) }
    default:
      return { meta: store.purge(call.args) }
  }
}
