/**
 * Where the data calls of one app go: those for its own files are answered here, on its shard, and those for its caches are
 * the app's by its name; calls of apps go to whom they lead, and everything else to the storage as it is.
 *
 *     assets: asked  --found-->  answered: a part for each pull  >  over
 */

import type { FileReader, OpenFile } from '../assets/file-reader.ts'
import type { AssetSite } from '../assets/site.ts'
import type { Purge } from '../cache/response-store.ts'
import type { Resource } from '../config/env.ts'
import { toResource } from '../config/resource.ts'
import { toHeaderOf } from '../http/header-values.ts'
import type { CacheCall } from '../storage/cache/open.ts'
import type { Storage, StorageHandle, StorageListener } from '../storage/client.ts'
import type { StorageRequest } from '../storage/protocol.ts'
import type { AroundCounts } from '../tenant/around-counts.ts'
import { CountedCache } from './counted-cache.ts'

export interface TenantStorageOptions {
  /** The app's name. */
  readonly app: string
  readonly storage: Storage
  /** Calls of other apps. */
  readonly calls: { call(app: string, ...call: Parameters<Storage['call']>): StorageHandle }
  readonly reader: FileReader
  readonly around: () => AroundCounts
  /** Undefined: the app has no files. */
  readonly site: () => AssetSite | undefined
}

const EMPTY = new Uint8Array(0)

export class TenantStorage implements Storage {
  readonly #options: TenantStorageOptions

  constructor(options: TenantStorageOptions) {
    this.#options = options
  }

  call(request: StorageRequest, more: boolean, listener: StorageListener): StorageHandle {
    const { app, storage, calls, site, reader, around } = this.#options
    if (request.callee !== undefined) return calls.call(app, request, more, listener)
    if (request.kind === 'assets') return new AssetCall(request, listener, { site, reader })
    if (request.kind !== 'cache') return storage.call(request, more, listener)
    const counted = new CountedCache(request.op as CacheCall['op'], listener, around())
    return storage.call({ ...request, ...toCaches(app) }, more, counted)
  }
}

/** What an app keeps in caches of its own goes: all, or responses of URLs and with tags. `onGone` hears how many went. */
export function purgeCaches(
  storage: Storage,
  app: string,
  args: Purge,
  onGone: (count: number) => void,
): void {
  const onAnswer = (meta: string): void => onGone(Number(meta))
  const nobody: StorageListener = { onAnswer, onChunk() {}, onWant() {}, onFailed() {} }
  storage.call({ ...toCaches(app), op: 'purge', args, body: EMPTY }, false, nobody)
}

function toCaches(app: string): Resource {
  return toResource('cache', app, '')
}

/** One fetch of a file. */
class AssetCall implements StorageHandle {
  readonly #listener: StorageListener
  #file: OpenFile | undefined
  #isOver = false

  constructor(
    { args }: StorageRequest,
    listener: StorageListener,
    services: Pick<TenantStorageOptions, 'site' | 'reader'>,
  ) {
    this.#listener = listener
    void this.#run(args as { method: string; url: string; headers: string }, services)
  }

  pull(): void {
    void this.#next()
  }

  push(): void {}

  abort(): void {
    this.#isOver = true
    void this.#close()
  }

  async #run(
    { method, url, headers }: { method: string; url: string; headers: string },
    { site: open, reader }: Pick<TenantStorageOptions, 'site' | 'reader'>,
  ): Promise<void> {
    try {
      const site = open()
      const answer = site?.answer({ method, url, header: toHeaderOf(headers) }) ?? {
        status: 404,
        headers: '',
      }
      const meta = JSON.stringify({ status: answer.status, headers: answer.headers })
      if (answer.body === undefined || site === undefined) {
        // not within the call that started it
        await Promise.resolve()
        if (!this.#isOver) this.#listener.onAnswer(meta, EMPTY, false)
        return
      }
      const kept = reader.kept(site, answer.body)
      const file = kept === undefined ? await reader.open(site, answer.body) : undefined
      this.#file = file
      if (this.#isOver) return await this.#close()
      this.#listener.onAnswer(meta, kept ?? EMPTY, kept === undefined)
    } catch (error) {
      this.#fail(error)
    }
  }

  async #next(): Promise<void> {
    try {
      const part = await this.#file?.next()
      if (this.#isOver) return
      if (part === undefined) await this.#close()
      this.#listener.onChunk(part ?? EMPTY, part === undefined)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    void this.#close()
    const message = `the file could not be read: ${(error as Error).message}`
    this.#listener.onFailed({ name: 'Error', code: 'ASSET_UNREADABLE', message })
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.[Symbol.asyncDispose]()
  }
}
