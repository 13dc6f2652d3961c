/** What the instance before was made of, where there is one for each request: kept for the next one until none came for a while. */
import type { AppContent } from '../image/image.ts'
import type { Deadline, Deadlines } from '../limits/deadlines.ts'
import type { LentContent } from './content-slot.ts'

export class KeptContent {
  readonly #deadlines: Deadlines
  #content: AppContent | undefined
  #end: Deadline | undefined

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Until so long has gone by that the deadlines give. */
  keep(content: AppContent): void {
    this.#content = content
    this.#end?.cancel()
    this.#end = this.#deadlines.start({ late: () => this.drop() })
  }

  drop(): void {
    this.#content = undefined
  }

  lend(): LentContent | undefined {
    return this.#content && { content: this.#content, [Symbol.dispose]() {} }
  }
}
