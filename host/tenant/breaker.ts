/**
 * Keeps a tenant that is stopped again and again from taking its shard's time. Each stop, and each trap, costs the
 * neighbours the time of the turn and of a new instance; it is a debt that time pays off, slowly. Beyond a debt of some
 * stops requests are refused for a while that doubles with each further stop. Whatever the rhythm of the stops, and
 * whatever is answered between them, they soon take less than a hundredth of the shard's time, so that 99 in 100 of the
 * neighbours' requests never meet one (as long as a hundred stops fit into `LONGEST_MS`).
 *
 * A stop is a debt of the client that caused it, if that is known, and of the app. The client's is weighed first: one
 * client that knows a slow page is refused by itself, and takes many others to get the app refused for all.
 *
 *     closed  --debt-->  open  --back-off over-->  half open: one request, the probe, comes in
 *                                                  probe stopped   -->  open, for longer
 *                                                  probe answered  -->  closed; the debt stays
 *                                                  probe left      -->  half open
 *
 * Pure but for the moments that it is told: milliseconds of `performance.now()`.
 */
import { Debt } from './debt.ts'

/** A debt of so many stops refuses a client, or all of them; so does each further stop until time has paid some off. */
const FREE_STOPS = { client: 2, app: 8 } as const

/** Clients that are known for a stop. */
const MOST_CLIENTS = 256

/** A new instance in place of the one that was stopped. */
const RENEWAL_MS = 10

/** When to try again while a probe is on its way. */
const PROBE_RETRY_MS = 1000

/** One tenant's breaker. */
export class Breaker {
  readonly #costMs: number
  readonly #app: Debt
  /** The one whose stop is the longest ago first. */
  readonly #clients = new Map<string, Debt>()
  #isProbing = false
  #probe: object | undefined

  /** `stopMs`: how long a guest runs until it is stopped. */
  constructor(stopMs: number) {
    this.#costMs = stopMs + RENEWAL_MS
    this.#app = new Debt(FREE_STOPS.app, this.#costMs)
  }

  /** How long a request of this client that comes now has to wait; 0: it may come in. */
  waitMs(now: number, client: string): number {
    // the one comparison that an app without stops costs
    const own = this.#clients.size > 0 ? (this.#clients.get(client)?.waitMs(now) ?? 0) : 0
    if (own > 0) return own
    const waitMs = this.#app.waitMs(now)
    return waitMs === 0 && this.#probe !== undefined ? PROBE_RETRY_MS : waitMs
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
   * An instance was stopped, or fell, after its last turn ran for `ranMs`; `client`: on whose behalf, if that is known.
   * Gives for how long requests are refused from now on, and whose; 0: they are not.
   */
  stopped(now: number, client?: string, ranMs = this.#costMs - RENEWAL_MS): { ms: number; isAll: boolean } {
    const stops = Math.min(1, (ranMs + RENEWAL_MS) / this.#costMs)
    const own = client === undefined ? 0 : this.#toDebt(client).add(stops, now)
    const ms = this.#app.add(stops, now)
    this.#probe = undefined
    this.#isProbing = ms > 0
    return ms > 0 ? { ms, isAll: true } : { ms: own, isAll: false }
  }

  #toDebt(client: string): Debt {
    const debt = this.#clients.get(client) ?? new Debt(FREE_STOPS.client, this.#costMs)
    this.#clients.delete(client)
    this.#clients.set(client, debt)
    if (this.#clients.size > MOST_CLIENTS) {
      for (const oldest of this.#clients.keys()) {
        this.#clients.delete(oldest)
        break
      }
    }
    return debt
  }
}
