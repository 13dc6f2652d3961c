/**
 * Keeps a tenant that is stopped again and again from taking its shard's time. Each stop, and each trap, costs the
 * neighbours the time of the turn and of a new instance; it is a debt that time pays off, slowly. Beyond a debt of some stops requests are
 * refused for a while that doubles with each further stop. Whatever the rhythm of the stops, and whatever is answered
 * between them, they soon take less than a hundredth of the shard's time, so that 99 in 100 of the neighbours' requests
 * never meet one (as long as a hundred stops fit into `LONGEST_MS`). Pure but for the moments that it is told.
 *
 *     closed  --debt-->  open  --back-off over-->  half open: one request, the probe, comes in
 *                                                  probe stopped   -->  open, for longer
 *                                                  probe answered  -->  closed; the debt stays
 *                                                  probe left      -->  half open
 */

/** A debt of so many stops opens it, and so does each further stop until time has paid some off. */
const FREE_STOPS = 2

/** The first back-off, in costs of a stop. */
const FIRST_COSTS = 20

/** The longest back-off in costs of a stop, and how long it takes to pay one off. */
const MOST_COSTS = 250

/** However dear a stop is, an app that was mended is not refused for longer. */
const LONGEST_MS = 60_000

/** A new instance in place of the one that was stopped. */
const RENEWAL_MS = 10

/** When to try again while a probe is on its way. */
const PROBE_RETRY_MS = 1000

/** One tenant's breaker. Moments are milliseconds of `performance.now()`. */
export class Breaker {
  readonly #costMs: number
  readonly #firstMs: number
  readonly #mostMs: number
  /** In stops; what time has paid off since `#debtAt` is not yet subtracted. */
  #debt = 0
  #debtAt = 0
  #until = 0
  #isProbing = false
  #probe: object | undefined

  /** `stopMs`: how long a guest runs until it is stopped. */
  constructor(stopMs: number) {
    this.#costMs = stopMs + RENEWAL_MS
    this.#firstMs = Math.min(LONGEST_MS, this.#costMs * FIRST_COSTS)
    this.#mostMs = Math.min(LONGEST_MS, this.#costMs * MOST_COSTS)
  }

  /** How long a request that comes now has to wait; 0: it may come in. */
  waitMs(now: number): number {
    if (now < this.#until) return this.#until - now
    return this.#probe === undefined ? 0 : PROBE_RETRY_MS
  }

  /** A request came in. After a back-off it is the probe. */
  entered(request: object): void {
    if (this.#isProbing) this.#probe ??= request
  }

  /** A request was answered, well or badly, and nothing was stopped. */
  answered(request: object): void {
    if (request !== this.#probe) return
    this.#probe = undefined
    this.#isProbing = false
  }

  /** A request is over. If it was the probe and had no answer, the next one is the probe. */
  left(request: object): void {
    if (request === this.#probe) this.#probe = undefined
  }

  /**
   * An instance was stopped, or fell after its last turn ran for `ranMs`. Gives for how long requests are refused from
   * now on; 0: they are not.
   */
  stopped(now: number, ranMs = this.#costMs - RENEWAL_MS): number {
    const paid = (now - this.#debtAt) / this.#mostMs
    this.#debt = Math.max(0, this.#debt - paid) + Math.min(1, (ranMs + RENEWAL_MS) / this.#costMs)
    this.#debtAt = now
    this.#probe = undefined
    this.#isProbing = this.#debt > FREE_STOPS
    if (!this.#isProbing) return 0
    const backOffMs = this.#firstMs * 2 ** (this.#debt - FREE_STOPS - 1)
    // what is beyond the longest back-off would only keep it there for longer
    if (backOffMs > this.#mostMs) this.#debt = FREE_STOPS + 1 + Math.log2(this.#mostMs / this.#firstMs)
    this.#until = now + Math.ceil(Math.min(backOffMs, this.#mostMs))
    return this.#until - now
  }
}
