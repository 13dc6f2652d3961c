/**
 * What a Durable Object asks for itself: that nothing else goes on (`blockConcurrencyWhile`), which is so for a bounded time, and its end.
 */

import type { ObjectPort } from '../bindings/durable.ts'
import type { Agenda } from './agenda.ts'

/** The longest that a callback of `blockConcurrencyWhile` may take. */
const BLOCK_MS = 30_000
const BLOCKED_TOO_LONG =
  'Error\nA call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.'

export class ObjectBlocks implements ObjectPort, Disposable {
  /** Within a turn. `reason`: a name, LF, and a message. */
  readonly reset: (reason: string) => void
  readonly #agenda: Pick<Agenda, 'block' | 'unblock' | 'isBlocked'>
  readonly #onOverdue: (reason: string) => void
  #limit: NodeJS.Timeout | undefined

  /** `onOverdue`: it was blocked for too long, outside of a turn. */
  constructor(
    agenda: Pick<Agenda, 'block' | 'unblock' | 'isBlocked'>,
    reset: (reason: string) => void,
    onOverdue: (reason: string) => void,
  ) {
    this.#agenda = agenda
    this.reset = reset
    this.#onOverdue = onOverdue
  }

  block(source: number): void {
    this.#agenda.block(source)
    this.#limit ??= setTimeout(() => this.#onOverdue(BLOCKED_TOO_LONG), BLOCK_MS)
  }

  unblock(source: number): void {
    this.#agenda.unblock(source)
    if (!this.#agenda.isBlocked) this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#limit)
    this.#limit = undefined
  }
}
