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

/** One tenant's byte budget, on one shard. */
export class ByteBudget {
  readonly #limit: number
  #held = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  get held(): number {
    return this.#held
  }

  /** Whether so many more bytes could be held. */
  hasRoom(bytes: number): boolean {
    return this.#held + bytes <= this.#limit
  }

  /** Note that bytes are held; false, and nothing noted, when there is no room. Prefer a `Holding`. */
  take(bytes: number): boolean {
    if (!this.hasRoom(bytes)) return false
    this.#held += bytes
    return true
  }

  /** Bytes that were taken are gone. */
  give(bytes: number): void {
    this.#held -= bytes
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
    if (more <= 0) this.#budget.give(-more)
    else if (!this.#budget.take(more)) return false
    this.#held = bytes
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
