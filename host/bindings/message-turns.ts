/**
 * Whose message an app gets next: clients by turns, and of one client its sides by turns, so that it gains nothing by having
 * many. A few at a time are on their way; the others wait with their sides, which hold up who sends them. Pure.
 */

import { ByTurns } from '../limits/by-turns.ts'

/** What has messages. */
export interface Sender {
  readonly client: string
}

/** Enough that the guest never waits for the host. */
const MOST_POSTED = 8

export class MessageTurns<Side extends Sender> {
  /** Sides of which something waits and nothing is on its way. */
  readonly #waiting = new ByTurns<string, Side>()
  #posted = 0

  add(side: Side): void {
    this.#waiting.add(side.client, side)
  }

  delete(side: Side): void {
    this.#waiting.delete(side.client, side)
  }

  /** The side whose turn it is, if there may be one more on its way. */
  take(): Side | undefined {
    if (this.#posted >= MOST_POSTED) return undefined
    const side = this.#waiting.take()
    if (side !== undefined) this.#posted++
    return side
  }

  /** What it was taken for has come to the app. */
  delivered(): void {
    this.#posted--
  }
}
