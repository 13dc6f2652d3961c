/**
 * Deadlines of things that all get the same time, so they expire in the order in which they were started, and one timer
 * that looks now and then serves them all: a request that is answered in time costs two links and no timer of its own.
 *
 *     running  --`cancel`-->  over          running  --its time has come-->  over, and its owner is told
 *
 * A deadline is in its chain from its birth until it is over; to end one that is over does nothing.
 */
import { Chain, Link } from './chain.ts'

/** Who has to be done in time. */
export interface Timed {
  /** It is not, and its deadline is over. */
  late(): void
}

/** How many looks fall into one timeout. */
const LOOKS = 20
const SHORTEST_LOOK_MS = 5

/** One deadline; `Deadlines.start` makes it. */
export class Deadline extends Link {
  /** Milliseconds of `performance.now()`. */
  readonly at: number
  readonly #owner: Timed

  constructor(list: Chain<Deadline>, owner: Timed, at: number) {
    super()
    this.at = at
    this.#owner = owner
    list.add(this)
  }

  /** It is met. */
  cancel(): void {
    this.chain?.delete(this)
  }

  /** It has passed. */
  expire(): void {
    if (this.chain?.delete(this) === true) this.#owner.late()
  }
}

/** What waits, oldest first. */
export class Deadlines implements Disposable {
  readonly #timeoutMs: number
  readonly #every: number
  readonly #list = new Chain<Deadline>()
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
    this.#every = Math.max(SHORTEST_LOOK_MS, Math.ceil(timeoutMs / LOOKS))
  }

  /** Give the owner its time, from now on. */
  start(owner: Timed, now = performance.now()): Deadline {
    this.#timer ??= setInterval(this.#look, this.#every).unref()
    return new Deadline(this.#list, owner, now + this.#timeoutMs)
  }

  /** All of them are over; nobody is told. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#list.clear()
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (let next = this.#list.first; next !== undefined; next = this.#list.first) {
      if (next.at > now) return
      next.expire()
    }
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
