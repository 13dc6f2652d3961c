/**
 * So many things in a second, of so much size together, and a count of those that were dropped: for whatever an app, or
 * whoever sends it requests, can make the host say as fast as it can loop.
 */
import { performance } from 'node:perf_hooks'

/** What passes in one second. */
export interface Rate {
  readonly count: number
  /** In the caller's unit. */
  readonly size?: number
}

/** What a tenant's log takes: records, and their characters. */
export const LOG_RATE: Rate = { count: 500, size: 256 * 1024 }

const MS_PER_SECOND = 1000

/** Counts what passes. */
export class RateLimit {
  readonly #rate: Required<Rate>
  readonly #now: () => number
  #second = 0
  #count = 0
  #size = 0
  #dropped = 0
  /** Of the seconds before this one, and not taken yet. */
  #droppedBefore = 0

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = { size: Infinity, ...rate }
    this.#now = now
  }

  /** Whether one more thing may pass; one that may not is counted. */
  admit(size = 0): boolean {
    this.#turnOver()
    if (this.#count >= this.#rate.count || this.#size + size > this.#rate.size) {
      this.#dropped++
      return false
    }
    this.#count++
    this.#size += size
    return true
  }

  /** One thing was dropped for another reason. */
  drop(): void {
    this.#turnOver()
    this.#dropped++
  }

  /** How many were dropped in seconds that are over and have not been asked for yet: it is said once a second. */
  takeDropped(): number {
    this.#turnOver()
    const dropped = this.#droppedBefore
    this.#droppedBefore = 0
    return dropped
  }

  /** The same with those of this second: there will be nothing more. */
  takeAllDropped(): number {
    const dropped = this.takeDropped() + this.#dropped
    this.#dropped = 0
    return dropped
  }

  #turnOver(): void {
    const second = Math.floor(this.#now() / MS_PER_SECOND)
    if (second === this.#second) return
    this.#second = second
    this.#count = 0
    this.#size = 0
    this.#droppedBefore += this.#dropped
    this.#dropped = 0
  }
}
