/**
 * The processor time of a turn. Reading a thread's processor time costs ten times as much as the time of day and is
 * coarse (the kernel brings it up to date every few milliseconds), so short turns count by the time of day; a long one,
 * in which a busy machine may have run something else, by the processor.
 */

/** From here on a turn counts by processor time, of which the kernel's grain is then a small part. */
const LONG_MS = 10

const US_PER_MS = 1000

/** Measures the turns of one thread, one at a time. */
export class CpuClock {
  #start = 0

  /** The time of day, in milliseconds of a clock that never goes back. */
  now(): number {
    return performance.now()
  }

  /** A turn begins. */
  begin(): void {
    this.#start = readMs()
  }

  /** Milliseconds to charge for the turn that began last and took `elapsed` by the time of day. */
  measure(elapsed: number): number {
    return elapsed < LONG_MS ? elapsed : Math.min(elapsed, readMs() - this.#start)
  }
}

function readMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / US_PER_MS
}
