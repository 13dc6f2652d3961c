/**
 * Deadlines of things that all get the same time, so they expire in the order in which they were added, and one timer
 * that looks now and then serves them all: a request that is answered in time costs an entry in a set and no timer of
 * its own.
 */
import { performance } from 'node:perf_hooks'

/** Something that has to be done in time. */
export interface Dated {
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number
}

/** How many looks fall into one timeout. */
const LOOKS = 20
const SHORTEST_LOOK_MS = 5

/** What waits, oldest first. */
export class Deadlines<Item extends Dated> implements Disposable {
  readonly #waiting = new Set<Item>()
  readonly #every: number
  readonly #onLate: (item: Item) => void
  #timer: NodeJS.Timeout | undefined

  /** `onLate` is called for what was not deleted in time. */
  constructor(timeoutMs: number, onLate: (item: Item) => void) {
    this.#every = Math.max(SHORTEST_LOOK_MS, Math.ceil(timeoutMs / LOOKS))
    this.#onLate = onLate
  }

  add(item: Item): void {
    this.#waiting.add(item)
    this.#timer ??= setInterval(this.#look, this.#every).unref()
  }

  delete(item: Item): void {
    this.#waiting.delete(item)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#waiting.clear()
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (const item of this.#waiting) {
      if (item.deadline > now) return
      this.#waiting.delete(item)
      this.#onLate(item)
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
