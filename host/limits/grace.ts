/**
 * How long something that is to end still has for what it has begun. Whoever asks for the end again can bring it
 * forward, and never puts it off.
 *
 *     unbounded  --endBy-->  bounded  --endBy, if that is sooner-->  bounded  --its time has come-->  over, `onOver`
 *                            any      --dispose-->  over, nobody is told
 */

/** The longest delay that a Node timer takes. */
const LONGEST_MS = 2 ** 31 - 1

/** One grace period. Moments are milliseconds of `performance.now()`. */
export class Grace implements Disposable {
  readonly #onOver: () => void
  #end = Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  /** When it is over at the latest. */
  get end(): number {
    return this.#end
  }

  /** It is over at this moment; false, and nothing changed, when it is to be over before that anyway. */
  endBy(moment: number): boolean {
    if (moment >= this.#end) return false
    this.#end = moment
    clearTimeout(this.#timer)
    const ms = Math.min(Math.max(0, moment - performance.now()), LONGEST_MS)
    this.#timer = setTimeout(() => this.#expire(), ms)
    return true
  }

  [Symbol.dispose](): void {
    this.#end = -Infinity
    clearTimeout(this.#timer)
  }

  #expire(): void {
    this[Symbol.dispose]()
    this.#onOver()
  }
}
