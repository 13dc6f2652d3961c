/** Calls of an instance of which so many run at once; the others wait for their turn, oldest first. */

import { Chain, type Link } from '../limits/chain.ts'

export interface LineOptions<Call> {
  readonly most: number
  run(call: Call): void
}

export class CallLine<Call extends Link & { readonly isOpen: boolean }> {
  readonly #options: LineOptions<Call>
  readonly #waiting = new Chain<Call>()
  #running = 0

  constructor(options: LineOptions<Call>) {
    this.#options = options
  }

  add(call: Call): void {
    this.#waiting.add(call)
  }

  /** It is over. */
  delete(call: Call): void {
    this.#waiting.delete(call)
  }

  /** One that was run has left its place. */
  left(): void {
    this.#running--
    // not within a turn
    queueMicrotask(() => this.run())
  }

  /** Those whose turn it is. */
  run(): void {
    for (let call = this.#waiting.first; call !== undefined; call = this.#waiting.first) {
      if (this.#running >= this.#options.most) return
      this.#waiting.delete(call)
      if (!call.isOpen) continue
      this.#running++
      this.#options.run(call)
    }
  }

  clear(): void {
    this.#waiting.clear()
  }
}
