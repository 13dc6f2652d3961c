/**
 * What a tenant's next instance is made of, for as long as it is needed: its content is asked for when there is none, then a
 * memory is made that holds it, and both are given up when the instance is made, or when nobody waits for it any more.
 *
 *     absent  --want-->  asked  --it comes-->  ordered  --the memory is made-->  here    --take, unwant-->  absent
 *                               --it fails------------------------------------>  failed  --take, unwant-->  absent
 *                        any    --dispose-->   over: what comes is given back
 */
import type { Order } from '../engine/order.ts'
import type { Fault } from '../errors.ts'
import type { AppContent, Image } from '../image/image.ts'

/** Content, and the way to give it back. */
export interface LentContent extends Disposable {
  readonly content: AppContent
  /** Its image is in a memory: what it lies in can go. */
  free(): void
}

/** What the main thread says, when a shard asks it. */
export type ContentAnswer = { readonly content: AppContent } | { readonly fault: Fault }

/** Gives content to whoever is to make an instance. Rejects with the reason why there is none. */
export type ContentSource = () => Promise<LentContent>

/** What an instance is made of. Whoever takes it disposes it when the instance is made. */
export interface NextParts extends Disposable {
  readonly content: AppContent
  readonly order: Order
}

type State =
  | { readonly name: 'absent' | 'asked' | 'over' }
  | { readonly name: 'ordered' | 'here'; readonly parts: NextParts }
  | { readonly name: 'failed'; readonly error: unknown }

interface SlotPort {
  source(): LentContent | Promise<LentContent>
  /** Has a memory made that holds an image. */
  order(image: Image, onSettled: () => void): Order
  /** From now on `want` is true. */
  onSettled(): void
}

export class ContentSlot implements Disposable {
  readonly #port: SlotPort
  #state: State = { name: 'absent' }

  constructor(port: SlotPort) {
    this.#port = port
  }

  /** Whether `take` has an answer; if not, it is going to. */
  want(): boolean {
    if (this.#state.name === 'absent') this.#ask()
    return this.#state.name === 'here' || this.#state.name === 'failed'
  }

  /** Whether it is wanted, and not here. */
  get isWaiting(): boolean {
    return this.#state.name === 'asked' || this.#state.name === 'ordered'
  }

  /** What there is. Throws why there is nothing. Undefined: it was not wanted. */
  take(): NextParts | undefined {
    const state = this.#state
    if (state.name !== 'here' && state.name !== 'failed') return undefined
    this.#state = { name: 'absent' }
    if (state.name === 'failed') throw state.error
    return state.parts
  }

  /** Nobody waits for an instance any more. What is still on its way comes. */
  unwant(): void {
    if (this.#state.name !== 'here' && this.#state.name !== 'failed') return
    if (this.#state.name === 'here') this.#state.parts[Symbol.dispose]()
    this.#state = { name: 'absent' }
  }

  [Symbol.dispose](): void {
    if (this.#state.name === 'ordered' || this.#state.name === 'here') this.#state.parts[Symbol.dispose]()
    this.#state = { name: 'over' }
  }

  #ask(): void {
    const asked = this.#port.source()
    if (!(asked instanceof Promise)) return this.#order(asked)
    this.#state = { name: 'asked' }
    asked.then(
      (lent) => this.#order(lent),
      (error: unknown) => {
        if (this.#state.name === 'over') return
        this.#state = { name: 'failed', error }
        this.#port.onSettled()
      },
    )
  }

  #order(lent: LentContent): void {
    if (this.#state.name === 'over') return lent[Symbol.dispose]()
    const { content } = lent
    const order = this.#port.order(content.image, () => {
      lent.free()
      this.#state = { name: 'here', parts }
      this.#port.onSettled()
    })
    const dispose = (): void => {
      order[Symbol.dispose]()
      lent[Symbol.dispose]()
    }
    const parts: NextParts = { content, order, [Symbol.dispose]: dispose }
    this.#state = { name: 'ordered', parts }
  }
}
