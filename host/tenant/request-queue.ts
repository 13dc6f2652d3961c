/**
 * The requests of a tenant that wait to be begun and those that are, with the clients that they come from. Pure.
 *
 *     admit  >  waiting, in one line for each client  >  begun, the clients by turns  >  leave
 *                                           ^--put back: before all others--'
 *
 * Two bounds: so many are begun at once (places), and so many more may wait. Of each, clients share out what is free
 * (limits/client-places.ts).
 */

import { Chain, Link } from '../limits/chain.ts'
import { mayHold } from '../limits/client-places.ts'

/** One request. */
export interface Queued extends Link {
  /** Whom the places are shared out among. */
  readonly client: string
}

/** So many lines of clients that have nothing here are kept: most come again. */
const IDLE_LINES = 16

class Line<Request extends Queued> extends Link {
  readonly waiting = new Chain<Request>()
  /** All of the client's. */
  held = 0
  /** Those of them that are begun. */
  begun = 0
}

/** Places, and lines of bounded length. */
export class RequestQueue<Request extends Queued> {
  readonly #places: number
  readonly #room: number
  readonly #lines = new Map<string, Line<Request>>()
  /** Clients with waiting requests, the next one first. */
  readonly #turns = new Chain<Line<Request>>()
  /** Those that were begun and come first now. */
  readonly #again = new Chain<Request>()
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
      line = new Line()
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
    if (this.#again.first !== undefined) return this.#begun < this.#places ? this.#again.first : undefined
    let line = this.#turns.first
    while (line !== undefined && !mayHold(line.begun, this.#begun, this.#places))
      line = this.#turns.after(line)
    return line?.waiting.first
  }

  /** It is begun; it must be the one that `peek` gave last. */
  begin(request: Request): void {
    const line = this.#lines.get(request.client)!
    if (!this.#again.delete(request)) {
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
    if (line.waiting.delete(request)) {
      this.#waiting--
      if (line.waiting.size === 0) this.#turns.delete(line)
    } else if (this.#again.delete(request)) this.#waiting--
    else {
      line.begun--
      this.#begun--
    }
    if (--line.held === 0 && this.#lines.size > IDLE_LINES) this.#lines.delete(request.client)
  }
}
