/** The last errors of each app, for whoever looks at it: so many of so many apps, the busiest last. */

import type { LogEntry } from '../supervisor/messages.ts'

/** One error. */
export type RecentError = Pick<LogEntry, 'time' | 'request' | 'text'>

const APPS = 1000
const ERRORS = 10
/** Of a text. */
const CHARACTERS = 2000

export class RecentErrors {
  readonly #byApp = new Map<string, readonly RecentError[]>()

  /** Whatever is logged. */
  add({ level, app, time, request, text }: LogEntry): void {
    if (level !== 'error' || app === undefined) return
    const before = this.#byApp.get(app) ?? []
    this.#byApp.delete(app)
    this.#byApp.set(app, [...before.slice(1 - ERRORS), { time, request, text: text.slice(0, CHARACTERS) }])
    const [oldest] = this.#byApp.keys()
    if (this.#byApp.size > APPS && oldest !== undefined) this.#byApp.delete(oldest)
  }

  /** The oldest first. */
  of(app: string): readonly RecentError[] {
    return this.#byApp.get(app) ?? []
  }
}
