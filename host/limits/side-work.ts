/**
 * What a thread does beside what it serves, in small pieces. While nobody else has anything to do the pieces follow one
 * another, and the event loop comes round every quarter of a millisecond. While others work, the pieces have a quarter of what the
 * others had: a fifth of the thread. One that took longer than it was allowed is paid for before the next, and so is what
 * others did on account of the pieces.
 *
 *     done  --beginLater-->  later  --begin, or its time-->  due  --a piece finds nothing to do-->  done
 */

/** For so long pieces follow one another when nobody else has anything to do. */
const STEP_MS = 0.25
/** Of the time that others had. */
const SHARE = 0.25
/** The most that is allowed at once, after a turn that was never going to end. */
const MOST_MS = 20
/** In an iteration of the event loop that took less than this nobody else did anything. */
const EMPTY_MS = 0.03

export class SideWork {
  readonly #piece: () => boolean
  readonly #now: () => number
  #isDue = false
  #later: NodeJS.Timeout | undefined
  /** Since when others have the thread, and what the pieces may take on account of that. */
  #leftAt = 0
  #allowedMs = 0

  /** `piece`: does a piece; false: there was nothing to do. */
  constructor(piece: () => boolean, now = () => performance.now()) {
    this.#piece = piece
    this.#now = now
  }

  /** There is something to do. */
  begin(): void {
    if (this.#isDue) return
    clearTimeout(this.#later)
    this.#later = undefined
    this.#isDue = true
    const now = this.#now()
    // what is owed is paid by the time since then, and nothing is saved up
    if (this.#allowedMs < 0) this.#allowedMs = Math.min(0, this.#allowedMs + (now - this.#leftAt) * SHARE)
    this.#leftAt = now
    setImmediate(this.#step)
  }

  /** What others did for so long was done on account of the pieces. */
  charge(ms: number): void {
    this.#leftAt = Math.min(this.#now(), this.#leftAt + ms)
    this.#allowedMs = Math.max(-MOST_MS, this.#allowedMs - ms)
  }

  /** The same, and it has time. */
  beginLater(delayMs: number): void {
    if (!this.#isDue) this.#later ??= setTimeout(() => this.begin(), delayMs).unref()
  }

  readonly #step = (): void => {
    const start = this.#now()
    const othersMs = start - this.#leftAt
    const isAlone = othersMs < EMPTY_MS
    this.#allowedMs = Math.min(MOST_MS, this.#allowedMs + othersMs * SHARE)
    const most = isAlone ? STEP_MS : this.#allowedMs
    let isMore = true
    let now = start
    while (isMore && now - start < most) {
      isMore = this.#piece()
      now = this.#now()
    }
    if (!isAlone) this.#allowedMs -= now - start
    this.#leftAt = now
    this.#isDue = isMore
    if (isMore) setImmediate(this.#step)
  }
}
