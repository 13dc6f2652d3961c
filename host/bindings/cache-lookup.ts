/** One look into the app's caches, by the host itself. */

import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web'

import type { CacheRequest } from '../cache/kept-response.ts'
import { parseHeaderLines } from '../http/header-lines.ts'
import type { CacheCall, Looked } from '../storage/cache/open.ts'
import type { Storage, StorageHandle, StorageListener } from '../storage/client.ts'
import type { HopAnswer } from './dialer.ts'

/** Of the store. */
export const KIND = 'cache'
/** Statuses without a body, not even an empty one. */
const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304])
const NOTHING = new Uint8Array(0)

/** What is kept for a request, its body at the reader's pace. */
export class CacheLookup implements StorageListener {
  readonly #args: { readonly cache: string; readonly request: CacheRequest }
  readonly #answer = Promise.withResolvers<{ found?: HopAnswer; purges?: number }>()
  #handle: StorageHandle | undefined
  #control: ReadableStreamDefaultController<Uint8Array> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `cache`: its name; nothing for the default one. */
  constructor(cache: string, request: CacheRequest) {
    this.#args = { cache, request }
  }

  /** Asks for it; what does not come within so many milliseconds is not there. Never rejects. */
  run(storage: Storage, ms: number): Promise<{ found?: HopAnswer; purges?: number }> {
    const call: CacheCall = { op: 'look', args: this.#args }
    this.#timer = setTimeout(() => this.#giveUp(), ms)
    this.#handle = storage.call({ kind: KIND, key: '', ...call, body: NOTHING }, false, this)
    return this.#answer.promise
  }

  onAnswer(meta: string, first: Uint8Array, more: boolean): void {
    clearTimeout(this.#timer)
    const { found, purges } = JSON.parse(meta) as Looked
    if (found === null) return this.#answer.resolve({ purges })
    const { status, statusText, headers } = found
    const body = BODYLESS.has(status) ? null : this.#open(first, more)
    const pairs = toPairs(parseHeaderLines(headers) ?? [])
    this.#answer.resolve({
      found: { status, statusText, headers: pairs, body, heldBytes: first.length },
      purges,
    })
  }

  onChunk(bytes: Uint8Array, last: boolean): void {
    if (bytes.length > 0) this.#control?.enqueue(bytes)
    if (last) this.#control?.close()
  }

  onWant(): void {}

  onFailed(): void {
    clearTimeout(this.#timer)
    this.#answer.resolve({})
    this.#control?.error(new TypeError('what was kept of the answer is gone'))
  }

  #giveUp(): void {
    this.#handle?.abort()
    this.#answer.resolve({})
  }

  #open(first: Uint8Array, more: boolean): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (control) => {
          this.#control = control
          if (first.length > 0) control.enqueue(first)
          if (!more) control.close()
        },
        pull: () => this.#handle?.pull(),
        cancel: () => this.#handle?.abort(),
      },
      { highWaterMark: 0 },
    )
  }
}

/** A list of header-lines.ts as pairs. */
export function toPairs(list: readonly string[]): [string, string][] {
  return list.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : []))
}
