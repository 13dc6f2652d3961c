/**
 * Keeps a tenant that is stopped again and again from taking its shard's time: requests are refused at once for a
 * while, which doubles each time. Pure but for the moments that it is told.
 *
 *     closed  --some stops within a while-->  open  --the back-off is over-->  half open  --stop-->  open, for longer
 *                                                                             half open  --answer-->  closed
 */

/** So many stops within `WINDOW_MS` open it. */
const STOPS = 3
const WINDOW_MS = 10_000

const FIRST_BACK_OFF_MS = 100
const LONGEST_BACK_OFF_MS = 10_000

/** One tenant's breaker. Moments are milliseconds of `performance.now()`. */
export class Breaker {
  #stops: number[] = []
  #backOffMs = 0
  #until = 0

  /** Whether requests are refused. */
  isOpen(now: number): boolean {
    return now < this.#until
  }

  /** An instance was stopped. Gives for how long requests are refused from now on, if they are. */
  stopped(now: number): number {
    this.#stops = [...this.#stops.filter((moment) => now - moment < WINDOW_MS), now].slice(-STOPS)
    if (this.#backOffMs > 0) this.#backOffMs = Math.min(this.#backOffMs * 2, LONGEST_BACK_OFF_MS)
    else if (this.#stops.length === STOPS) this.#backOffMs = FIRST_BACK_OFF_MS
    this.#until = now + this.#backOffMs
    return this.#backOffMs
  }

  /** A request was answered. Stops stay counted, so that answers between them do not hide them. */
  answered(): void {
    this.#backOffMs = 0
  }
}
