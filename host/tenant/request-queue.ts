/**
 * The requests of a tenant that are worked at, and those that wait for a place among them. Pure.
 *
 *     admit: a place is free > open        no place > queued, in order        no room in the queue > refused
 */

/** Places and a queue of bounded length. */
export class RequestQueue<Request> {
  readonly #places: number
  readonly #room: number
  readonly #waiting = new Set<Request>()
  #open = 0

  /** `places`: requests at once; `room`: requests that may wait. */
  constructor(places: number, room: number) {
    this.#places = places
    this.#room = room
  }

  /** Requests that wait. */
  get length(): number {
    return this.#waiting.size
  }

  admit(request: Request): 'open' | 'queued' | 'refused' {
    if (this.#open < this.#places) {
      this.#open++
      return 'open'
    }
    if (this.#waiting.size >= this.#room) return 'refused'
    this.#waiting.add(request)
    return 'queued'
  }

  /** A request is over, whichever it was. Gives the one that takes its place, if any. */
  leave(request: Request): Request | undefined {
    if (this.#waiting.delete(request)) return undefined
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      return next
    }
    this.#open--
    return undefined
  }
}
