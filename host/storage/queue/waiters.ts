/**
 * Who waits for messages. Each is looked after when something is sent, and when the time comes that the last look gave.
 *
 *     waiting  --a look finds a batch-->  answered          waiting  --taken back-->  answered, with nothing
 *        '-- nobody listens any more-->  gone
 */

import { StorageError } from '../failure.ts'
import type { GivenBatch, Want } from './queue-store.ts'

/** What a look comes to: a batch, or how long nothing can happen without a change; undefined: not before one. */
export type Look =
  | { readonly batch: GivenBatch }
  | { readonly batch?: undefined; readonly waitMs: number | undefined }

interface Waiter {
  readonly queue: string
  readonly want: Want
  readonly done: PromiseWithResolvers<GivenBatch>
  timer?: NodeJS.Timeout | undefined
}

const NOTHING: GivenBatch = { messages: [], backlog: { count: 0, bytes: 0 } }
const OVER = 'the storage of this server ends'
/** A timer takes no more. */
const MOST_MS = 60_000

export class Waiters implements Disposable {
  readonly #look: (queue: string, want: Want) => Look
  /** By queue, those that have waited longest first. */
  readonly #waiting = new Map<string, Set<Waiter>>()

  /** `look` throws a `StorageError` when it cannot. */
  constructor(look: (queue: string, want: Want) => Look) {
    this.#look = look
  }

  add(queue: string, want: Want, signal: AbortSignal): Promise<GivenBatch> {
    const waiter: Waiter = { queue, want, done: Promise.withResolvers<GivenBatch>() }
    const others = this.#waiting.get(queue) ?? new Set()
    others.add(waiter)
    this.#waiting.set(queue, others)
    signal.addEventListener('abort', () => this.#end(waiter, NOTHING))
    this.look(queue)
    return waiter.done.promise
  }

  takeBack(ticket: number): void {
    for (const waiting of this.#waiting.values()) {
      for (const waiter of waiting) if (waiter.want.ticket === ticket) this.#end(waiter, NOTHING)
    }
  }

  /** Something may have come for those that wait for this queue. */
  look(queue: string): void {
    for (const waiter of this.#waiting.get(queue) ?? []) {
      clearTimeout(waiter.timer)
      try {
        const found = this.#look(queue, waiter.want)
        if (found.batch !== undefined) {
          this.#end(waiter, found.batch)
          continue
        }
        if (found.waitMs === undefined) continue
        const ms = Math.min(MOST_MS, Math.max(1, found.waitMs))
        waiter.timer = setTimeout(() => this.look(queue), ms)
      } catch (error) {
        this.#leave(waiter)
        waiter.done.reject(error)
      }
    }
  }

  [Symbol.dispose](): void {
    const all = [...this.#waiting.values()].flatMap((waiting) => [...waiting])
    for (const waiter of all) {
      this.#leave(waiter)
      waiter.done.reject(new StorageError('STORAGE_UNAVAILABLE', OVER))
    }
  }

  #end(waiter: Waiter, batch: GivenBatch): void {
    this.#leave(waiter)
    waiter.done.resolve(batch)
  }

  #leave(waiter: Waiter): void {
    clearTimeout(waiter.timer)
    const waiting = this.#waiting.get(waiter.queue)
    waiting?.delete(waiter)
    if (waiting?.size === 0) this.#waiting.delete(waiter.queue)
  }
}
