/**
 * Bytes that the host holds on behalf of one tenant: what waits for a slow client or a slow upstream, or for the end
 * of the turn in which the guest handed it over. Whoever holds bytes takes them here first and gives them back when
 * they are gone.
 */

/** One tenant's account of held bytes, on one shard. */
export class Buffers {
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

  /** Note that bytes are held; false, and nothing noted, when there is no room. */
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
