/**
 * Whether a shard serves an app itself or hands its requests over to the app's home. Each shard decides for the requests
 * that arrive at it, for it alone knows what they cost here. Pure but for the moments that it is told: milliseconds of
 * `performance.now()`.
 *
 *     away    --what was handed over is worth an instance-->  spread
 *     spread  --a look finds that nothing is left of that-->  away
 *     any     --this shard is the home-->  home               home  --another one is-->  spread
 *
 * - home: served here; no other shard needs to have it.
 * - away: handed over; what lives here of it goes as soon as it rests.
 * - spread: served here beside the home.
 *
 * What its requests are worth is the level of a leaky bucket, in milliseconds of processor time: a request adds what a
 * hand-over costs and what it takes in the guest, up to a bound, so that a page that is slow once is no load. Time takes away
 * LEAK of a processor. So an app with more load than that spreads, one with less never does, and an instance is made for no
 * less than `SPREAD_MS` of work: ten times what it costs.
 */

/** Processor time of a hand-over, on both shards. */
export const HAND_OVER_MS = 0.05
/** The most that a request counts for. */
const MOST_EACH_MS = 5
/** Of a processor. */
const LEAK = 0.02
export const SPREAD_MS = 50
/** Half a minute without any request takes all of it away. */
const MOST_MS = 600

export type PlacementState = 'home' | 'away' | 'spread'

/** What so many requests count for, which took so many milliseconds in the guest. */
export function toWorth(requests: number, cpuMs: number): number {
  return requests * HAND_OVER_MS + Math.min(cpuMs, requests * MOST_EACH_MS)
}

/** One app on one shard. */
export class Placement {
  #state: PlacementState = 'away'
  #level = 0
  /** When that was the level. */
  #at = 0

  get state(): PlacementState {
    return this.#state
  }

  /** Other shards are there than before. */
  moved(isHome: boolean, now: number): void {
    if (isHome) this.#state = 'home'
    else if (this.#state === 'home') this.#spread(SPREAD_MS, now)
  }

  /** A request was handed over that is worth so much. */
  handedOver(worth: number, now: number): void {
    if (this.#state !== 'away') return
    this.#fill(worth, now)
    if (this.#level >= SPREAD_MS) this.#state = 'spread'
  }

  /** Another shard handed a request over to this one, for it does not know yet who is there. */
  tookOver(now: number): void {
    if (this.#state === 'away') this.#spread(HAND_OVER_MS, now)
  }

  /** So much was served here since the last look. */
  look(worth: number, now: number): void {
    if (this.#state !== 'spread') return
    this.#fill(worth, now)
    if (this.#level === 0) this.#state = 'away'
  }

  #spread(level: number, now: number): void {
    this.#state = 'spread'
    this.#level = level
    this.#at = now
  }

  #fill(worth: number, now: number): void {
    const left = Math.max(0, this.#level - (now - this.#at) * LEAK)
    this.#level = Math.min(MOST_MS, left + worth)
    this.#at = now
  }
}
