/**
 * Deadlines of things that all get the same time, so they expire in the order in which they were added, and one timer
 * that looks now and then serves them all: a request that is answered in time costs two links and no timer of its own.
 *
 *     first  <--earlier, later-->  ...  <--earlier, later-->  last
 *
 * The links are the items' own, and what has left has none: a Set that is added to and deleted from all the time keeps
 * its dead entries reachable, through outgrown tables, until the next full collection.
 */
import { performance } from 'node:perf_hooks'

/** Something that has to be done in time; it may be in one list at a time. */
export interface Dated<Item> {
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number
  /** The list's. */
  earlier: Item | undefined
  later: Item | undefined
}

/** How many looks fall into one timeout. */
const LOOKS = 20
const SHORTEST_LOOK_MS = 5

/** What waits, oldest first. */
export class Deadlines<Item extends Dated<Item>> implements Disposable {
  readonly #every: number
  readonly #onLate: (item: Item) => void
  #first: Item | undefined
  #last: Item | undefined
  #timer: NodeJS.Timeout | undefined

  /** `onLate` is called for what was not deleted in time. */
  constructor(timeoutMs: number, onLate: (item: Item) => void) {
    this.#every = Math.max(SHORTEST_LOOK_MS, Math.ceil(timeoutMs / LOOKS))
    this.#onLate = onLate
  }

  /** The item must not be in already. */
  add(item: Item): void {
    item.earlier = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.later = item
    this.#last = item
    this.#timer ??= setInterval(this.#look, this.#every).unref()
  }

  /** Nothing happens when it is not in. */
  delete(item: Item): void {
    const { earlier, later } = item
    if (earlier === undefined && this.#first !== item) return
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    item.earlier = undefined
    item.later = undefined
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    while (this.#first !== undefined) this.delete(this.#first)
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (let item = this.#first; item !== undefined; item = this.#first) {
      if (item.deadline > now) return
      this.delete(item)
      this.#onLate(item)
    }
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
