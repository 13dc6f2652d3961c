/**
 * A line that an app hands on without having accepted it: what comes from the one side goes to the other, and what came
 * before is kept for it.
 */

import { NO_SIDE } from './line.ts'
import type { LineEnd, Message, Side } from './line.ts'

export class PassingSide implements Side {
  #other: Side = NO_SIDE
  readonly #far: Side
  readonly #kept: Message[]
  #end: LineEnd | undefined

  /** `far`: the side that stays, which has this one's `back` from here on; `kept`: what it has sent. */
  constructor(far: Side, kept: readonly Message[], end: LineEnd | undefined) {
    this.#far = far
    this.#kept = [...kept]
    this.#end = end
  }

  /** As the side that stays knows it. */
  readonly back: Side = {
    attach: () => {},
    message: (message) => {
      if (this.#other === NO_SIDE) this.#kept.push(message)
      else this.#other.message(message)
    },
    taken: (bytes) => this.#other.taken(bytes),
    closed: (end) => {
      this.#end = end
      this.#other.closed(end)
    },
  }

  attach(other: Side): void {
    this.#other = other
    for (const message of this.#kept.splice(0)) other.message(message)
    if (this.#end !== undefined) other.closed(this.#end)
  }

  message(message: Message): void {
    this.#far.message(message)
  }

  taken(bytes: number): void {
    this.#far.taken(bytes)
  }

  closed(end: LineEnd): void {
    this.#far.closed(end)
  }
}
