/**
 * How long a request will wait that comes now: how fast those before it were taken, while there were more than could be
 * taken at once. Pure; moments are milliseconds of a clock that never goes back.
 */

/** A shorter time, or fewer that were taken, say nothing: an instance may have had to be made, here and for others. */
const SHORTEST_MS = 500
const FEWEST = 10

/** What is longer ago than this weighs half as much. */
const HALF_MS = 1000

/** One tenant's line of waiting requests. It is asked for each request that comes. */
export class DrainRate {
  /** Since when requests have waited, as far as that is remembered; undefined: none do. */
  #since: number | undefined
  /** How many were taken since then. */
  #taken = 0

  /** So many were taken; `waiting`: how many were left. */
  took(count: number, waiting: number, now: number): void {
    if (waiting === 0) {
      this.#since = undefined
      return
    }
    if (this.#since === undefined) {
      this.#since = now
      this.#taken = 0
      return
    }
    this.#taken += count
    if (now - this.#since < 2 * HALF_MS) return
    this.#taken /= 2
    this.#since += (now - this.#since) / 2
  }

  /** How long the last of so many waits, in milliseconds. */
  waitMs(waiting: number, now: number): number {
    // those that waited may have left without being taken
    if (waiting === 0) this.#since = undefined
    if (this.#since === undefined) return 0
    const elapsed = now - this.#since
    return elapsed < SHORTEST_MS || this.#taken < FEWEST ? 0 : (waiting * elapsed) / this.#taken
  }
}
