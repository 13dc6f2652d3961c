/**
 * A shard's side of what apps are made of: asks the main thread for the content of one deployment after the other, and
 * lends it. So much is on its way or lent at once and no more, however many apps come up at the same moment: an instance
 * takes longer to make than its content to be read.
 *
 *     waiting  --a place is free-->  asked  --it comes-->  lent  --given back-->  done
 *                                           --it fails-->  done
 */
import { fromFault } from '../errors.ts'
import { freeImage } from '../image/blocks.ts'
import type { ContentAnswer, LentContent } from '../tenant/content-slot.ts'

/** On their way or lent at once. */
const AT_ONCE = 4

type Waiting = PromiseWithResolvers<LentContent> & { readonly deployment: number }

export class Lending {
  readonly #ask: (deployment: number) => void
  readonly #waiting: Waiting[] = []
  /** By deployment; each is asked for once at a time. */
  readonly #asked = new Map<number, Waiting[]>()
  #places = AT_ONCE

  /** `ask`: the answer is given to `answer`. */
  constructor(ask: (deployment: number) => void) {
    this.#ask = ask
  }

  /** Rejects with the reason why there is none. */
  lend(deployment: number): Promise<LentContent> {
    const waiting = { ...Promise.withResolvers<LentContent>(), deployment }
    this.#waiting.push(waiting)
    this.#askNext()
    return waiting.promise
  }

  /** The answer for a deployment that was asked for. */
  answer(deployment: number, answer: ContentAnswer): void {
    const waiting = this.#asked.get(deployment)?.shift()
    if (waiting === undefined) return
    if (this.#asked.get(deployment)?.length === 0) this.#asked.delete(deployment)
    if ('fault' in answer) {
      this.#free()
      return waiting.reject(fromFault(answer.fault))
    }
    let isBack = false
    const giveBack = (): void => {
      if (!isBack) this.#free()
      isBack = true
    }
    const { content } = answer
    waiting.resolve({ content, free: () => freeImage(content.image), [Symbol.dispose]: giveBack })
  }

  #free(): void {
    this.#places++
    this.#askNext()
  }

  #askNext(): void {
    while (this.#places > 0) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#places--
      const asked = this.#asked.get(next.deployment) ?? []
      this.#asked.set(next.deployment, asked)
      asked.push(next)
      this.#ask(next.deployment)
    }
  }
}
