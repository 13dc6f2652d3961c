/**
 * How long the turns of a shard take: how many were how long since its start, and the latest ones as they were. Cheap,
 * for it is told of every turn.
 */

/** In a form that can be posted from thread to thread. */
export interface TurnReport {
  /** Turns that took at most as long as each of `TURN_BOUNDS_MS` and longer than the one before; last, the longer ones. */
  readonly counts: readonly number[]
  readonly totalMs: number
  /** Milliseconds of the latest turns, in no order. */
  readonly latest: Readonly<Float64Array>
}

/** Bounds in milliseconds, ascending. */
export const TURN_BOUNDS_MS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000] as const

/** Turns whose time is kept. */
const SAMPLES = 4096

/** The turns of one shard. */
export class TurnTimes {
  readonly #counts = Array.from({ length: TURN_BOUNDS_MS.length + 1 }, () => 0)
  readonly #latest = new Float64Array(SAMPLES)
  #turns = 0
  #totalMs = 0

  record(ms: number): void {
    let at = 0
    while (at < TURN_BOUNDS_MS.length && ms > TURN_BOUNDS_MS[at]!) at++
    this.#counts[at]!++
    this.#latest[this.#turns++ % SAMPLES] = ms
    this.#totalMs += ms
  }

  get report(): TurnReport {
    const kept = Math.min(this.#turns, SAMPLES)
    return { counts: this.#counts, totalMs: this.#totalMs, latest: this.#latest.slice(0, kept) }
  }
}

const NONE = new Float64Array(0)

/** Two reports together. `isGone`: the second comes from a thread that is no more. */
export function addTurns(sum: TurnReport | undefined, report: TurnReport, isGone: boolean): TurnReport {
  return {
    counts: report.counts.map((count, i) => count + (sum?.counts[i] ?? 0)),
    totalMs: (sum?.totalMs ?? 0) + report.totalMs,
    latest: isGone ? (sum?.latest ?? NONE) : Float64Array.of(...(sum?.latest ?? NONE), ...report.latest),
  }
}
