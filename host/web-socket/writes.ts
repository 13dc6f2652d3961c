/**
 * Messages on their way to connections, for all that share a listener. A message for a thousand of them is a thousand calls of the system, which nobody else is
 * to wait for:
 *
 *     messages  >  their connection  >  apps by turns, so many connections in a round of the event loop  >  the kernel
 *
 * The first ones are written when the job is over that they come from, so that what it says to one of them goes together.
 */

import { ByTurns } from '../limits/by-turns.ts'

/** A connection that has something to write. */
export interface Writing {
  /** Whose turns it has: its app. */
  readonly owner: object
  /** All that waits. */
  write(): void
}

/** Half a millisecond or so. */
const MOST_OF_ROUND = 64

export class Writes {
  readonly #waiting = new ByTurns<object, Writing>()
  #isDue = false

  add(connection: Writing): void {
    this.#waiting.add(connection.owner, connection)
    if (this.#isDue) return
    this.#isDue = true
    process.nextTick(this.#round)
  }

  delete(connection: Writing): void {
    this.#waiting.delete(connection.owner, connection)
  }

  readonly #round = (): void => {
    for (let left = MOST_OF_ROUND; left > 0; left--) this.#waiting.take()?.write()
    this.#isDue = !this.#waiting.isEmpty
    if (this.#isDue) setImmediate(this.#round)
  }
}
