/**
 * How many new requests a turn takes. They share the turn's cost of entering the guest, and none of them is answered
 * before the last one's handler has run: so as many as fit into a short turn, by what requests took so far. Pure.
 */

/** What a turn of several requests is to take, in milliseconds. */
const TURN_MS = 4

/** The most requests of a turn, however short they are. */
const MOST = 32

/** A longer time weighs one half, a shorter one an eighth. */
const RISE = 2
const FALL = 8

/** One tenant's. */
export class BatchSize {
  #requestMs = TURN_MS

  /** How many requests the next turn takes. */
  get size(): number {
    return Math.max(1, Math.min(MOST, Math.floor(TURN_MS / this.#requestMs)))
  }

  /** A turn of so many took so long. */
  took(requests: number, ms: number): void {
    const more = ms / requests - this.#requestMs
    this.#requestMs += more / (more > 0 ? RISE : FALL)
  }
}
