/** The last errors of an app, for whoever looks at it. */

import type { LogEntry } from '../log/entry.ts'
import type { LogRing } from '../log/ring.ts'

/** One error. */
export type RecentError = Pick<LogEntry, 'time' | 'request' | 'text'>

const ERRORS = 10
/** Of a text. */
const CHARACTERS = 2000

export class RecentErrors {
  readonly #ring: LogRing

  constructor(ring: LogRing) {
    this.#ring = ring
  }

  /** The oldest first. */
  of(app: string): readonly RecentError[] {
    const errors = this.#ring.latest({ app, level: 'error' }, ERRORS)
    return errors.map(({ time, request, text }) => ({ time, request, text: text.slice(0, CHARACTERS) }))
  }
}
