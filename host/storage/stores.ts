/** Every kind of store, opened when it is first used. */

import { StorageError } from './failure.ts'
import type { Store, StoreOptions } from './store.ts'

type Open = (options: StoreOptions) => Promise<Store>

/** A store's code is loaded with it. */
const KINDS: Readonly<Record<string, Open>> = {
  cache: async ({ settings }) => (await import('./cache/open.ts')).openCache(settings),
  kv: async (options) => (await import('./kv/open.ts')).openKv(options),
  r2: async (options) => (await import('./objects/open.ts')).openObjects(options),
  alarms: async (options) => (await import('./alarms/open.ts')).openAlarms(options),
  queue: async (options) => (await import('./queue/open.ts')).openQueues(options),
  durable: async (options) => (await import('./durable/open.ts')).openDurable(options),
  d1: async (options) => (await import('./sql/open.ts')).openSql(options),
}

/** What can be kept. */
export const STORED_KINDS: ReadonlySet<string> = new Set(Object.keys(KINDS))

export class Stores implements AsyncDisposable {
  readonly #options: StoreOptions
  readonly #opened = new Map<string, Promise<Store>>()
  /** What was last said of a kind that cannot be opened: each call tries again. */
  readonly #said = new Map<string, string>()

  constructor(options: StoreOptions) {
    this.#options = options
  }

  /** Rejects when it cannot be opened; it is tried again with the next call. */
  async open(kind: string): Promise<Store> {
    const opened = this.#opened.get(kind)
    if (opened !== undefined) return opened
    const open = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
    if (open === undefined) throw new StorageError('STORAGE_INVALID', `there is no store for "${kind}"`)
    const store = open(this.#options)
    this.#opened.set(kind, store)
    store.then(
      () => this.#said.delete(kind),
      (error: unknown) => {
        this.#opened.delete(kind)
        this.#say(kind, error)
      },
    )
    return store
  }

  #say(kind: string, error: unknown): void {
    // whatever else is thrown is logged as the fault that it is
    if (!(error instanceof StorageError)) return
    const { message, cause } = error
    const text = `storage of ${kind} in ${this.#options.directory}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`
    if (this.#said.get(kind) !== text) this.#options.log(text)
    this.#said.set(kind, text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stores = await Promise.allSettled(this.#opened.values())
    this.#opened.clear()
    await Promise.allSettled(
      stores.map(async (each) => each.status === 'fulfilled' && each.value[Symbol.asyncDispose]()),
    )
  }
}
