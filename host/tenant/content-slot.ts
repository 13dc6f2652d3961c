/**
 * What a tenant's next instance is made of, for as long as it is needed: it is asked for when there is none, and given
 * back when the instance is made.
 *
 *     absent  --want-->  asked  --it comes-->  here    --take-->  absent
 *                               --it fails-->  failed  --take-->  absent
 *                        any    --dispose-->   over: what comes is given back
 */
import type { Fault } from '../errors.ts'
import type { AppContent } from '../image/image.ts'

/** Content, and the way to give it back. */
export interface LentContent extends Disposable {
  readonly content: AppContent
}

/** What the main thread says, when a shard asks it. */
export type ContentAnswer = { readonly content: AppContent } | { readonly fault: Fault }

/** Gives content to whoever is to make an instance. Rejects with the reason why there is none. */
export type ContentSource = () => Promise<LentContent>

type State =
  | { readonly name: 'absent' | 'asked' | 'over' }
  | { readonly name: 'here'; readonly lent: LentContent }
  | { readonly name: 'failed'; readonly error: unknown }

export class ContentSlot implements Disposable {
  readonly #source: ContentSource
  readonly #onSettled: () => void
  #state: State = { name: 'absent' }

  /** `onSettled`: from now on `want` is true. */
  constructor(source: ContentSource, onSettled: () => void) {
    this.#source = source
    this.#onSettled = onSettled
  }

  /** Whether `take` has an answer; if not, it is going to. */
  want(): boolean {
    if (this.#state.name === 'absent') {
      this.#state = { name: 'asked' }
      this.#source().then(
        (lent) => this.#settle({ name: 'here', lent }),
        (error: unknown) => this.#settle({ name: 'failed', error }),
      )
    }
    return this.#state.name === 'here' || this.#state.name === 'failed'
  }

  /** Whether it was asked for, and is not here. */
  get isAsked(): boolean {
    return this.#state.name === 'asked'
  }

  /** The content; whoever takes it gives it back. Throws why there is none. Undefined: it was not wanted. */
  take(): LentContent | undefined {
    const state = this.#state
    if (state.name !== 'here' && state.name !== 'failed') return undefined
    this.#state = { name: 'absent' }
    if (state.name === 'failed') throw state.error
    return state.lent
  }

  [Symbol.dispose](): void {
    if (this.#state.name === 'here') this.#state.lent[Symbol.dispose]()
    this.#state = { name: 'over' }
  }

  #settle(state: State): void {
    if (this.#state.name === 'over') {
      if (state.name === 'here') state.lent[Symbol.dispose]()
      return
    }
    this.#state = state
    this.#onSettled()
  }
}
