/**
 * How long something that is to end still has for what it has begun, and what is said to whom it does not suffice for.
 * Whoever asks for the end again can bring it forward, and never puts it off.
 *
 *     unbounded  --endBy-->  bounded  --endBy, if that is sooner-->  bounded  --its time has come-->  over, `onOver`
 *                            any      --dispose-->  over, nobody is told
 */
import type { ErrorCode } from '../errors.ts'

/** Why something ends with what is open: it is replaced, it has too much memory beside others, or the server stops. */
export type EndCode = Extract<ErrorCode, 'APP_REPLACED' | 'APP_MEMORY_LIMIT' | 'SHUTTING_DOWN'>

/** The longest delay that a Node timer takes. */
const LONGEST_MS = 2 ** 31 - 1

/** One grace period. Moments are milliseconds of `performance.now()`. */
export class Grace implements Disposable {
  readonly #onOver: () => void
  #end = Infinity
  #code: EndCode = 'APP_REPLACED'
  #timer: NodeJS.Timeout | undefined

  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  /** When it is over at the latest. */
  get end(): number {
    return this.#end
  }

  /** Of whoever set the end. */
  get code(): EndCode {
    return this.#code
  }

  /** It is over at this moment; nothing changes when it is to be over by then anyway. */
  endBy(moment: number, code: EndCode): void {
    if (moment >= this.#end) return
    this.#end = moment
    this.#code = code
    clearTimeout(this.#timer)
    const ms = Math.min(Math.max(0, moment - performance.now()), LONGEST_MS)
    this.#timer = setTimeout(() => this.#expire(), ms)
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
