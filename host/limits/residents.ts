/**
 * The live instances of a shard, all apps together, within a budget: beyond it those go that rest, the least recently used
 * one first. One that works is never ended on account of others: when all of them work, there are more.
 *
 *     opened  >  at work  <--rest, leave-->  at rest  --over the budget: its turn to go-->  closed
 */

/** An instance that rests. */
export interface Resting {
  /** It goes. `Residents.closed` is called on the way. */
  evict(): void
}

export class Residents {
  /** The one that has rested for longest comes first. */
  readonly #resting = new Set<Resting>()
  #live = 0
  #isDue = false
  #most = Infinity

  /** How many there may be. */
  set most(most: number) {
    this.#most = most
    this.#evict()
  }

  get live(): number {
    return this.#live
  }

  /** One is about to be made. */
  opened(): void {
    this.#live++
    this.#evict()
  }

  /** One is gone. */
  closed(): void {
    this.#live--
  }

  /** One has nothing to do. It is not ended before this returns: it may be in the middle of something. */
  rest(resting: Resting): void {
    this.#resting.add(resting)
    if (this.#live <= this.#most || this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#evict()
    })
  }

  /** One works again, or is gone. */
  leave(resting: Resting): void {
    this.#resting.delete(resting)
  }

  #evict(): void {
    for (const resting of this.#resting) {
      if (this.#live <= this.#most) return
      this.#resting.delete(resting)
      resting.evict()
    }
  }
}
