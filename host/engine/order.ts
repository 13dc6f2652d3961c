/**
 * A spare that somebody waits for, while it is made in pieces (spares.ts).
 *
 *     waiting  --settle-->  here  --take-->  over
 *                           failed: `take` throws why
 *     any  --dispose-->  over: what is here, or comes, is given back
 */
import type { Spare, Wanted } from './spares.ts'

type State =
  | { readonly name: 'waiting' | 'over' }
  | { readonly name: 'here'; readonly spare: Spare }
  | { readonly name: 'failed'; readonly error: unknown }

export class Order implements Disposable {
  readonly wanted: Wanted
  readonly #giveBack: (spare: Spare) => void
  readonly #onSettled: () => void
  #state: State = { name: 'waiting' }

  /** `onSettled`: from now on `take` has an answer. */
  constructor(wanted: Wanted, giveBack: (spare: Spare) => void, onSettled: () => void) {
    this.wanted = wanted
    this.#giveBack = giveBack
    this.#onSettled = onSettled
  }

  /** Nobody waits for it any more. */
  get isOver(): boolean {
    return this.#state.name === 'over'
  }

  settle(made: { readonly spare: Spare } | { readonly error: unknown }): void {
    if (this.isOver) {
      if ('spare' in made) this.#giveBack(made.spare)
      return
    }
    this.#state = 'spare' in made ? { name: 'here', ...made } : { name: 'failed', ...made }
    this.#onSettled()
  }

  /** The spare, for good. Throws why there is none. Undefined: it is not here. */
  take(): Spare | undefined {
    const state = this.#state
    if (state.name === 'failed') throw state.error
    if (state.name !== 'here') return undefined
    this.#state = { name: 'over' }
    return state.spare
  }

  [Symbol.dispose](): void {
    if (this.#state.name === 'here') this.#giveBack(this.#state.spare)
    this.#state = { name: 'over' }
  }
}
