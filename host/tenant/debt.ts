/**
 * Stops that are not yet paid off, and for how long whoever owes them is refused. Pure but for the moments that it is
 * told.
 */

/** The first back-off, in costs of a stop. */
const FIRST_COSTS = 20

/** The longest back-off in costs of a stop, and how long it takes to pay one off. */
const MOST_COSTS = 250

/** However dear a stop is, an app that was mended is not refused for longer. */
const LONGEST_MS = 60_000

/** One debtor's. */
export class Debt {
  readonly #free: number
  readonly #firstMs: number
  readonly #mostMs: number
  /** In stops; what time has paid off since `#at` is not yet subtracted. */
  #stops = 0
  #at = 0
  #until = 0

  /** So many stops are `free`; one costs so many milliseconds. */
  constructor(free: number, costMs: number) {
    this.#free = free
    this.#firstMs = Math.min(LONGEST_MS, costMs * FIRST_COSTS)
    this.#mostMs = Math.min(LONGEST_MS, costMs * MOST_COSTS)
  }

  /** For how long the debtor is still refused. */
  waitMs(now: number): number {
    return Math.max(0, this.#until - now)
  }

  /** A stop, or a part of one. Gives for how long the debtor is refused on its account; 0: not at all. */
  add(stops: number, now: number): number {
    const paid = (now - this.#at) / this.#mostMs
    this.#stops = Math.max(0, this.#stops - paid) + stops
    this.#at = now
    if (this.#stops <= this.#free) return 0
    const backOffMs = this.#firstMs * 2 ** (this.#stops - this.#free - 1)
    // what is beyond the longest back-off would only keep it there for longer
    if (backOffMs > this.#mostMs) this.#stops = this.#free + 1 + Math.log2(this.#mostMs / this.#firstMs)
    this.#until = now + Math.ceil(Math.min(backOffMs, this.#mostMs))
    return this.#until - now
  }
}
