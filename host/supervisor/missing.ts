/**
 * Which shards are missing, and for how long: the Durable Objects of one that dies wait for its successor, but not for ever.
 *
 *     none  --listens-->  there  --ended-->  missing  --LOST_MS, or the pause is as long-->  lost: `onLost`
 *                                            missing, lost  --listens-->  there
 *
 * The main thread alone decides it, for it starts the shards, and so all of them hear the same. One that has never listened is not
 * lost: it listens, or the server does not start.
 */

/** Shorter than the `timeout_ms` of most apps: a call that waits for a home is served elsewhere then, and not refused. */
const LOST_MS = 4000

export interface MissingOptions {
  onLost(place: number): void
  /** How long one may be missing. */
  readonly lostMs?: number | undefined
}

export class Missing implements Disposable {
  readonly #options: MissingOptions
  readonly #lostMs: number
  readonly #there = new Set<number>()
  readonly #timers = new Map<number, NodeJS.Timeout>()
  readonly #lost = new Set<number>()

  constructor(options: MissingOptions) {
    this.#options = options
    this.#lostMs = options.lostMs ?? LOST_MS
  }

  /** The places of those that are lost. */
  get lost(): ReadonlySet<number> {
    return this.#lost
  }

  listens(place: number): void {
    this.#end(place)
    this.#lost.delete(place)
    this.#there.add(place)
  }

  /** The thread in this place has exited; its successor is started after so many milliseconds. */
  ended(place: number, pauseMs: number): void {
    if (!this.#there.delete(place) && !this.#timers.has(place)) return
    if (pauseMs >= this.#lostMs) return this.#lose(place)
    if (!this.#timers.has(place))
      this.#timers.set(
        place,
        setTimeout(() => this.#lose(place), this.#lostMs),
      )
  }

  /** Nobody is lost any more. */
  [Symbol.dispose](): void {
    for (const place of this.#timers.keys()) this.#end(place)
    this.#there.clear()
  }

  #lose(place: number): void {
    this.#end(place)
    this.#lost.add(place)
    this.#options.onLost(place)
  }

  #end(place: number): void {
    clearTimeout(this.#timers.get(place))
    this.#timers.delete(place)
  }
}
