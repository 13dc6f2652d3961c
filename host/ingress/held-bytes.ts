/**
 * The bytes of one response that wait for its client, on the tenant's account. They come off it when the client takes
 * them or the response is over, however it ends.
 */

import type { ServerResponse } from 'node:http'

import { Holding, type ByteBudget } from '../limits/byte-budget.ts'

export class HeldBytes extends Holding {
  readonly #outgoing: ServerResponse
  #isOver = false

  constructor(outgoing: ServerResponse, budget: ByteBudget) {
    super(budget)
    this.#outgoing = outgoing
  }

  /** Note what waits now; false when that is more than the account has room for. */
  update(): boolean {
    return this.set(this.#isOver ? 0 : this.#outgoing.writableLength)
  }

  /** Nothing waits any more. */
  override release(): void {
    this.#isOver = true
    super.release()
  }
}
