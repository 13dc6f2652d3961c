/** What the instance before was made of, where there is one for each request: kept for the next one until none came for a while. */
import type { AppContent } from '../image/image.ts'
import type { Deadline, Deadlines } from '../limits/deadlines.ts'
import type { ContentSource, LentContent } from './content-slot.ts'

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

  /** What is kept, or what the source gives, to be kept: its bytes stay. */
  lend(source: ContentSource): LentContent | Promise<LentContent> {
    const content = this.#content
    if (content !== undefined) return { content, free() {}, [Symbol.dispose]() {} }
    return source().then((lent) => ({
      content: lent.content,
      free() {},
      [Symbol.dispose]: () => lent[Symbol.dispose](),
    }))
  }
}
