/** Latencies, counted in buckets: a load of minutes takes no more memory than one of seconds. Pure. */

/** One bucket, in microseconds. */
const BUCKET_US = 10
const BUCKETS = 500_000

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS)
  #total = 0

  add(milliseconds: number): void {
    this.#counts[Math.min(BUCKETS - 1, Math.floor((milliseconds * 1000) / BUCKET_US))]!++
    this.#total++
  }

  get total(): number {
    return this.#total
  }

  /** Milliseconds within which this share of all was done; NaN of none. */
  quantile(share: number): number {
    let seen = 0
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count
      if (seen > 0 && seen >= this.#total * share) return ((bucket + 1) * BUCKET_US) / 1000
    }
    return Number.NaN
  }
}
