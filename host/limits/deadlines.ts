/**
 * Deadlines of things that all get the same time, so they expire in the order in which they were started, and one timer
 * that looks now and then serves them all: a request that is answered in time costs two links and no timer of its own.
 *
 *     first  <--earlier, later-->  ...  <--earlier, later-->  last
 *
 *     running  --`cancel`-->  over          running  --its time has come-->  over, and its owner is told
 *
 * A deadline is in its list from its birth until it is over, and can be in no other; to end one that is over does
 * nothing. So no order of calls can tangle the links. They are the deadlines' own, and what has left has none: a Set
 * that is added to and deleted from all the time keeps its dead entries reachable, through outgrown tables, until the
 * next full collection.
 */

/** Who has to be done in time. */
export interface Timed {
  /** It is not, and its deadline is over. */
  late(): void
}

/** How many looks fall into one timeout. */
const LOOKS = 20
const SHORTEST_LOOK_MS = 5

/** The two ends of a list. */
interface Ends {
  first: Deadline | undefined
  last: Deadline | undefined
}

/** One deadline; `Deadlines.start` makes it. */
export class Deadline {
  /** Milliseconds of `performance.now()`. */
  readonly at: number
  readonly #list: Ends
  #owner: Timed | undefined
  #earlier: Deadline | undefined
  #later: Deadline | undefined

  constructor(list: Ends, owner: Timed, at: number) {
    this.at = at
    this.#list = list
    this.#owner = owner
    this.#earlier = list.last
    if (list.last === undefined) list.first = this
    else list.last.#later = this
    list.last = this
  }

  /** It is met. */
  cancel(): void {
    this.#leave()
  }

  /** It has passed. */
  expire(): void {
    this.#leave()?.late()
  }

  /** Take it out of its list; gives the owner, if it was in. */
  #leave(): Timed | undefined {
    const owner = this.#owner
    if (owner === undefined) return undefined
    const [earlier, later] = [this.#earlier, this.#later]
    if (earlier === undefined) this.#list.first = later
    else earlier.#later = later
    if (later === undefined) this.#list.last = earlier
    else later.#earlier = earlier
    this.#owner = undefined
    this.#earlier = undefined
    this.#later = undefined
    return owner
  }
}

/** What waits, oldest first. */
export class Deadlines implements Disposable {
  readonly #timeoutMs: number
  readonly #every: number
  readonly #list: Ends = { first: undefined, last: undefined }
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
    while (this.#list.first !== undefined) this.#list.first.cancel()
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
