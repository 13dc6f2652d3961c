/** What an app has said of the messages of a batch: the first word about each counts, and there is no more than one. */

import type { Mark } from '../cron/outcome.ts'

export class Marks {
  readonly #messages: number
  readonly #byMessage = new Map<number, Mark>()
  #ofOthers: Mark | undefined

  /** `messages`: how many there are. */
  constructor(messages: number) {
    this.#messages = messages
  }

  /** What is about no message of the batch is ignored. */
  add(mark: Mark): void {
    const { message } = mark
    if (message === undefined) this.#ofOthers ??= mark
    else if (message < this.#messages && !this.#byMessage.has(message)) this.#byMessage.set(message, mark)
  }

  /** Those of single messages come first. */
  get all(): readonly Mark[] {
    return [...this.#byMessage.values(), ...(this.#ofOthers === undefined ? [] : [this.#ofOthers])]
  }
}
