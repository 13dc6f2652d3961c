/**
 * The requests of a tenant that wait to be begun and those that are, with the clients that they come from. Pure.
 *
 *     admit  >  waiting, in one line for each client  >  begun, the clients by turns  >  leave
 *                                           ^--put back: before all others--'
 *
 * Two bounds: so many are begun at once (places), and so many more may wait. Of each, clients share out what is free
 * (limits/client-places.ts).
 */

import { mayHold } from '../limits/client-places.ts'

/** One request. */
export interface Queued {
  /** Whom the places are shared out among. */
  readonly client: string
}

interface Line<Request> {
  readonly waiting: Set<Request>
  /** All of the client's. */
  held: number
  /** Those of them that are begun. */
  begun: number
}

/** Places, and lines of bounded length. */
export class RequestQueue<Request extends Queued> {
  readonly #places: number
  readonly #room: number
  readonly #lines = new Map<string, Line<Request>>()
  /** Clients with waiting requests, the next one first. */
  readonly #turns = new Set<Line<Request>>()
  /** Those that were begun and come first now. */
  readonly #again = new Set<Request>()
  #waiting = 0
  #begun = 0

  /** `places`: requests at once; `room`: requests that may wait beyond that. */
  constructor(places: number, room: number) {
    this.#places = places
    this.#room = room
  }

  /** Requests that wait. */
  get length(): number {
    return this.#waiting
  }

  /** All that wait. */
  waiting(): Request[] {
    return [...this.#again, ...[...this.#turns].flatMap(({ waiting }) => [...waiting])]
  }

  /** False when there is no room for it. */
  admit(request: Request): boolean {
    let line = this.#lines.get(request.client)
    if (!mayHold(line?.held ?? 0, this.#begun + this.#waiting, this.#places + this.#room)) return false
    if (line === undefined) {
      line = { waiting: new Set(), held: 0, begun: 0 }
      this.#lines.set(request.client, line)
    }
    line.held++
    line.waiting.add(request)
    this.#turns.add(line)
    this.#waiting++
    return true
  }

  /** The request that comes next, if there is a place for it. */
  peek(): Request | undefined {
    for (const request of this.#again) return this.#begun < this.#places ? request : undefined
    for (const line of this.#turns) {
      if (!mayHold(line.begun, this.#begun, this.#places)) continue
      for (const request of line.waiting) return request
    }
    return undefined
  }

  /** It is begun; it must be the one that `peek` gave last. */
  begin(request: Request): void {
    const line = this.#lines.get(request.client)!
    if (this.#again.size === 0 || !this.#again.delete(request)) {
      line.waiting.delete(request)
      const isLast = line.waiting.size === 0
      if (isLast || this.#turns.size > 1) this.#turns.delete(line)
      if (!isLast) this.#turns.add(line)
    }
    line.begun++
    this.#begun++
    this.#waiting--
  }

  /** It was begun, and is to be begun once more, before all others. */
  putBack(request: Request): void {
    this.#lines.get(request.client)!.begun--
    this.#begun--
    this.#again.add(request)
    this.#waiting++
  }

  /** It is over, wherever it was. */
  leave(request: Request): void {
    const line = this.#lines.get(request.client)
    if (line === undefined) return
    if (line.waiting.size > 0 && line.waiting.delete(request)) {
      this.#waiting--
      if (line.waiting.size === 0) this.#turns.delete(line)
    } else if (this.#again.size > 0 && this.#again.delete(request)) this.#waiting--
    else {
      line.begun--
      this.#begun--
    }
    if (--line.held === 0) this.#lines.delete(request.client)
  }
}
