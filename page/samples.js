/** From counters that are asked for again and again to what happened meanwhile. Pure. */

/** @typedef {import('./api.js').App} App */
/** @typedef {'rate' | 'errors' | 'p99' | 'memory'} Measure */
/** @typedef {Record<Measure, (number | null)[]>} Series */

/** What a chart shows: two minutes. */
export const POINTS = 60
/** What comes sooner says little about a second. */
const LEAST_SECONDS = 0.5

/** The latest values of one app; null where there is none. */
export class Samples {
  /** @type {Series} */
  series = { rate: [], errors: [], p99: [], memory: [] }
  /** @type {{ app: App, time: number } | undefined} */
  #last

  /**
   * @param {App} app
   * @param {number} time in milliseconds of a clock that never goes back
   */
  add(app, time) {
    const last = this.#last
    const seconds = last === undefined ? Infinity : (time - last.time) / 1000
    if (seconds < LEAST_SECONDS) return
    this.#last = { app, time }
    this.#push('memory', app.memory_bytes)
    // counters begin anew with the server
    if (last === undefined || app.answers < last.app.answers) return
    const before = last.app.answer_times.counts
    const { counts, bounds_ms: bounds } = app.answer_times
    this.#push('rate', (app.answers - last.app.answers) / seconds)
    this.#push('errors', Math.max(0, app.server_errors - last.app.server_errors) / seconds)
    const more = counts.map((count, i) => Math.max(0, count - (before[i] ?? 0)))
    this.#push('p99', toQuantile(0.99, more, bounds))
  }

  /** @param {Measure} measure */
  last(measure) {
    return this.series[measure].at(-1) ?? null
  }

  /**
   * @param {Measure} measure
   * @param {number | null} value
   */
  #push(measure, value) {
    const values = this.series[measure]
    values.push(value)
    if (values.length > POINTS) values.shift()
  }
}

/**
 * The value below which this share lies, as if those within a bucket lay evenly in it; null: there are none. What lies
 * beyond the last bound is told as that bound.
 *
 * @param {number} share
 * @param {readonly number[]} counts
 * @param {readonly number[]} bounds
 */
export function toQuantile(share, counts, bounds) {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let left = total * share
  for (const [i, bound] of bounds.entries()) {
    const count = counts[i] ?? 0
    const from = i === 0 ? 0 : (bounds[i - 1] ?? 0)
    if (count > 0 && left <= count) return from + (bound - from) * (left / count)
    left -= count
  }
  return bounds.at(-1) ?? null
}
