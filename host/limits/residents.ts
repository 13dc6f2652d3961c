/**
 * The live instances of a shard, all apps together, within a budget of their number and of their memory: beyond it those go
 * that rest, the least recently used one first. One that works is never ended on account of others: when all of them work,
 * there are more.
 *
 *     opened  >  at work  <--rest, leave-->  at rest  --over the budget: its turn to go-->  closed
 */

/** What there may be. */
export interface ResidentBounds {
  readonly liveInstances: number
  readonly liveMemoryMb: number
}

/** An instance that rests. */
export interface Resting {
  /** It goes. `Residents.closed` is called on the way. */
  evict(): void
}

const BYTES_PER_MB = 1024 * 1024

export class Residents {
  /** The one that has rested for longest comes first. */
  readonly #resting = new Set<Resting>()
  #live = 0
  #bytes = 0
  #isDue = false
  #most = Infinity
  #mostBytes = Infinity

  /** From now on there may be so much. */
  bound({ liveInstances, liveMemoryMb }: ResidentBounds): void {
    this.#most = liveInstances
    this.#mostBytes = liveMemoryMb * BYTES_PER_MB
    this.#evict()
  }

  get live(): number {
    return this.#live
  }

  /** Their memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Their memory is so much more, or less. None is ended before this returns. */
  weigh(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#evictSoon()
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
    this.#evictSoon()
  }

  /** One works again, or is gone. */
  leave(resting: Resting): void {
    this.#resting.delete(resting)
  }

  get #isOver(): boolean {
    return this.#live > this.#most || this.#bytes > this.#mostBytes
  }

  #evictSoon(): void {
    if (this.#isDue || !this.#isOver) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#evict()
    })
  }

  /** The one that has rested for longest goes, whatever there may be. Whether there was one. */
  evictOne(): boolean {
    const [resting] = this.#resting
    if (resting === undefined) return false
    this.#resting.delete(resting)
    resting.evict()
    return true
  }

  #evict(): void {
    // as many as there are, and none that comes meanwhile
    for (let left = this.#resting.size; left > 0 && this.#isOver; left--) this.evictOne()
  }
}
