/** The store for KV namespaces: its operations as calls, on the engine that the configuration names. */

import { StorageError } from '../failure.ts'
import type { Store, StoreAnswer, StoreCall, StoreOptions } from '../store.ts'
import type { KvEntry, KvListed, KvStore } from './kv-store.ts'
import { openSqliteKv } from './sqlite-kv.ts'

/** Values that are read before what they come to is looked at, and the most that it may be. */
const AT_ONCE = 10
const MOST_BYTES = 25 * 1024 * 1024

/** What `host/bindings/kv.ts` asks for. */
export type KvCall =
  | { readonly op: 'get'; readonly args: { readonly key: Uint8Array } }
  | { readonly op: 'get-many'; readonly args: { readonly keys: readonly Uint8Array[] } }
  | {
      readonly op: 'put'
      readonly args: {
        readonly key: Uint8Array
        readonly expiration: number | undefined
        readonly metadata: string | undefined
        readonly mostBytes: number
      }
    }
  | { readonly op: 'delete'; readonly args: { readonly key: Uint8Array } }
  | {
      readonly op: 'list'
      readonly args: {
        readonly prefix: Uint8Array
        readonly limit: number
        readonly after: Uint8Array | undefined
      }
    }

export async function openKv(options: StoreOptions): Promise<Store> {
  const { kv } = options.settings
  if (kv === undefined) return toStore(await openSqliteKv(options))
  if ('fleet' in kv) {
    const { openFleetKv } = await import('./fleet-kv.ts')
    return toStore(await openFleetKv(kv.fleet, options.log))
  }
  const { openRedisKv } = await import('./redis-kv.ts')
  return toStore(await openRedisKv(kv.redis, options.log))
}

/** A KV store as calls. */
export function toStore(kv: KvStore): Store {
  return {
    call: ({ key, op, args, body }) => run(kv, key, { op, args } as KvCall, body),
    forget: (key) => kv.forget(key),
    [Symbol.asyncDispose]: () => kv[Symbol.asyncDispose](),
  }
}

async function run(
  kv: KvStore,
  namespace: string,
  call: KvCall,
  body: StoreCall['body'],
): Promise<StoreAnswer> {
  switch (call.op) {
    case 'get': {
      const [entry] = await kv.get(namespace, [call.args.key])
      return entry === undefined
        ? { meta: null }
        : { meta: { metadata: toMetadata(entry) }, body: entry.value }
    }
    case 'get-many': {
      const entries = await getSome(kv, namespace, call.args.keys)
      const meta = entries.map(
        (entry) => entry && { length: entry.value.length, metadata: toMetadata(entry) },
      )
      return { meta, body: Buffer.concat(entries.flatMap((entry) => entry?.value ?? [])) }
    }
    case 'put': {
      if (!(body instanceof Uint8Array)) throw new StorageError('STORAGE_INVALID', 'expected a whole value')
      const { key, ...put } = call.args
      await kv.put(namespace, key, { value: body, ...put })
      return { meta: null }
    }
    case 'delete':
      await kv.delete(namespace, call.args.key)
      return { meta: null }
    default: {
      const { keys, next } = await kv.list(namespace, call.args)
      const cursor = next && Buffer.from(next).toString('base64url')
      return { meta: { keys: keys.map(toListed), list_complete: next === undefined, cursor } }
    }
  }
}

/** One after the other: what is too much altogether is not read to its end. */
async function getSome(
  kv: KvStore,
  namespace: string,
  keys: readonly Uint8Array[],
): Promise<readonly (KvEntry | undefined)[]> {
  const entries: (KvEntry | undefined)[] = []
  let bytes = 0
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop -- that is the point
    const some = await kv.get(namespace, keys.slice(at, at + AT_ONCE))
    entries.push(...some)
    for (const entry of some) bytes += entry?.value.length ?? 0
    if (bytes > MOST_BYTES)
      throw new StorageError('', 'KV GET_BULK failed: 413 Total size of request exceeds the limit of 25MB')
  }
  return entries
}

function toListed(listed: KvListed) {
  const { name, expiration } = listed
  const metadata = toMetadata(listed) ?? undefined
  return { name: Buffer.from(name).toString(), expiration, metadata }
}

function toMetadata({ metadata }: Pick<KvEntry, 'metadata'>): unknown {
  return metadata === undefined ? null : (JSON.parse(metadata) as unknown)
}
