/**
 * The processor time of a turn. Reading a thread's processor time costs ten times as much as the time of day and is
 * coarse (the kernel brings it up to date every few milliseconds), so short turns count by the time of day; a long one,
 * in which a busy machine may have run something else, by the processor. What that was when a long turn began is known
 * within the time since it was read last, and a turn is charged no more than what is certain.
 */

/** From here on a turn counts by processor time, of which the kernel's grain is then a small part. */
const LONG_MS = 10

/** How old what was read of the processor's time may be when a turn begins. */
const FRESH_MS = 2

const US_PER_MS = 1000

/** Measures the turns of one thread, one at a time. */
export class CpuClock {
  /** The processor's time, and the time of day when it was read. */
  #usedMs = 0
  #readAt = -Infinity
  /** The time of day when the turn began. */
  #begunAt = 0

  /** The time of day, in milliseconds of a clock that never goes back. */
  now(): number {
    return performance.now()
  }

  /** A turn begins. */
  begin(now = this.now()): void {
    this.#begunAt = now
    if (now - this.#readAt < FRESH_MS) return
    this.#usedMs = readMs()
    this.#readAt = now
  }

  /** Milliseconds to charge for the turn that began last and took `elapsed` by the time of day. */
  measure(elapsed: number): number {
    if (elapsed < LONG_MS) return elapsed
    // no more than the time of day has gone by for others since that was read
    const usedMs = readMs() - this.#usedMs - (this.#begunAt - this.#readAt)
    return Math.min(elapsed, Math.max(0, usedMs))
  }
}

function readMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / US_PER_MS
}
