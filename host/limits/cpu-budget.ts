/**
 * Processor time of one source of events, as a token bucket: so much at once, and a part of the time that passes after
 * that. Who works a little for days never uses it up. A turn may take more than is left: whoever is over is so after the
 * turn, when the guest does not run and nobody else is touched. Pure.
 */

/** The part of the time that passes which a source may go on using when it has used up what it had. */
const REFILL = 0.25

/** One source's budget. Moments are milliseconds of a clock that never goes back. */
export class CpuBudget {
  readonly #capacityMs: number
  #leftMs: number
  /** When that was left. */
  #at = 0

  /** It begins full. */
  constructor(capacityMs: number) {
    this.#capacityMs = capacityMs
    this.#leftMs = capacityMs
  }

  /** Milliseconds that are left; less than none when a turn took more. */
  left(now: number): number {
    const refilled = this.#leftMs + (now - this.#at) * REFILL
    return Math.min(this.#capacityMs, refilled)
  }

  /** It is full again. */
  fill(): void {
    this.#leftMs = this.#capacityMs
  }

  /** So many milliseconds were used. */
  spend(ms: number, now: number): void {
    this.#leftMs = this.left(now) - ms
    this.#at = now
  }

  /** How long it takes until there is something left; 0 when there is. */
  waitMs(now: number): number {
    return Math.max(0, -this.left(now) / REFILL)
  }
}
