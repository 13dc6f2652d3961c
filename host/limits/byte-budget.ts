/**
 * Memory that the host uses on behalf of one tenant: what waits for a slow client or a slow upstream, or for the end of
 * the turn in which the guest handed it over. Whoever keeps something says so here first, as what it holds altogether,
 * so that taking and giving back cannot get out of step.
 *
 * What is queued costs memory even when it is empty: `QUEUED_COST` is charged for each thing beside its bytes.
 */

/**
 * Bytes that one queued thing (a chunk, an event, a log line, a response) costs beside its own. Measured in Node's heap:
 * an empty `Uint8Array` 200, in the entry of a list 280, in an event 312; the lists themselves have room to grow.
 */
export const QUEUED_COST = 512

/** Changes what a budget holds; only a `Holding` does. */
let change: (budget: ByteBudget, bytes: number) => void

/** One tenant's byte budget, on one shard. */
export class ByteBudget {
  readonly #limit: number
  readonly #onEmpty: (() => void) | undefined
  /** What it is a part of. */
  readonly #whole: ByteBudget | undefined
  #held = 0

  static {
    change = (budget, bytes) => {
      budget.#held += bytes
      if (budget.#whole !== undefined) change(budget.#whole, bytes)
      if (budget.#held === 0) budget.#onEmpty?.()
    }
  }

  /**
   * `onEmpty` is called whenever nothing is held any more; it may not take or give bytes itself. `whole`: what is held here is held
   * there as well, and has to have room there.
   */
  constructor(limitBytes: number, onEmpty?: () => void, whole?: ByteBudget) {
    this.#limit = limitBytes
    this.#onEmpty = onEmpty
    this.#whole = whole
  }

  get held(): number {
    return this.#held
  }

  /** Whether so many more bytes could be held. */
  hasRoom(bytes: number): boolean {
    return this.#held + bytes <= this.#limit && this.#whole?.hasRoom(bytes) !== false
  }
}

/** What one owner holds of a budget. */
export class Holding {
  readonly #budget: ByteBudget
  #held = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  get held(): number {
    return this.#held
  }

  /** Hold exactly so many bytes from here on; false, and nothing changed, when there is no room for more. */
  set(bytes: number): boolean {
    const more = bytes - this.#held
    if (more === 0) return true
    if (more > 0 && !this.#budget.hasRoom(more)) return false
    this.#held = bytes
    change(this.#budget, more)
    return true
  }

  /** Hold so many more. */
  add(bytes: number): boolean {
    return this.set(this.#held + bytes)
  }

  /** Hold nothing. */
  release(): void {
    this.set(0)
  }
}
