/**
 * Finds the connections that are gone without a word: whoever has said nothing for half of its time is pinged, and who then
 * says nothing either is given up. One timer for all of a shard; it runs while there are any.
 */

import { performance } from 'node:perf_hooks'

/** A connection, as it is watched. */
export interface Beating {
  /** Milliseconds that it may say nothing. */
  readonly idleMs: number
  /** When something came last, in milliseconds of `performance.now()`; undefined: it is not read at the moment. */
  readonly heardAt: number | undefined
  ping(): void
  /** It is watched no more. */
  givenUp(): void
}

const LOOK_MS = 1000

export class Heartbeat implements Disposable {
  /** Those that were pinged since something came. */
  readonly #watched = new Map<Beating, { isPinged: boolean }>()
  #timer: NodeJS.Timeout | undefined

  add(item: Beating): void {
    this.#watched.set(item, { isPinged: false })
    this.#timer ??= setInterval(this.#look, LOOK_MS).unref()
  }

  delete(item: Beating): void {
    this.#watched.delete(item)
    if (this.#watched.size === 0) this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#watched.clear()
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (const [item, seen] of this.#watched) {
      const silentMs = item.heardAt === undefined ? 0 : now - item.heardAt
      if (silentMs < item.idleMs / 2) seen.isPinged = false
      else if (!seen.isPinged) {
        // however long this thread has not looked
        seen.isPinged = true
        item.ping()
      } else if (silentMs >= item.idleMs) {
        this.#watched.delete(item)
        item.givenUp()
      }
    }
  }
}
