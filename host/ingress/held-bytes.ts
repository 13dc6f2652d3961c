/**
 * The bytes of one response that wait for its client, on the tenant's account. They come off it when the client takes
 * them or the response is over, however it ends.
 */

import type { ServerResponse } from 'node:http'

import type { ByteBudget } from '../limits/byte-budget.ts'

export class HeldBytes {
  readonly #outgoing: ServerResponse
  readonly #account: ByteBudget
  #held = 0
  #isOver = false

  constructor(outgoing: ServerResponse, account: ByteBudget) {
    this.#outgoing = outgoing
    this.#account = account
  }

  /** Note what waits now; false when that is more than the account has room for. */
  update(): boolean {
    const waiting = this.#isOver ? 0 : this.#outgoing.writableLength
    const more = waiting - this.#held
    if (more === 0) return true
    if (more < 0) this.#account.give(-more)
    else if (!this.#account.take(more)) return false
    this.#held = waiting
    return true
  }

  /** Nothing waits any more. */
  release(): void {
    this.#isOver = true
    this.update()
  }
}
