/**
 * Messages that the host answers for an app's Durable Objects by itself: some of them in each round of the event loop, WebSockets by turns,
 * so that who sends many holds up nobody but himself.
 */

import type { WebSocketSide } from '../bindings/web-socket-side.ts'

/** Answers the next message. Whether there is one more. */
interface Answerer {
  answer(side: WebSocketSide): boolean
}

const MOST_OF_ROUND = 64

export class AutoAnswers {
  /** The next one first. */
  readonly #waiting = new Map<WebSocketSide, Answerer>()
  #isDue = false

  add(side: WebSocketSide, answerer: Answerer): void {
    this.#waiting.set(side, answerer)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(this.#round)
  }

  readonly #round = (): void => {
    this.#isDue = false
    let left = MOST_OF_ROUND
    for (const [side, answerer] of this.#waiting) {
      if (left-- === 0) break
      this.#waiting.delete(side)
      if (answerer.answer(side)) this.#waiting.set(side, answerer)
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
