/**
 * A tenant's log, bounded: an app, or whoever sends it requests that fail, cannot fill a disk faster than this. What
 * was dropped is said with the first record of a later second.
 */
import { LOG_RATE, RateLimit } from '../limits/rate-limit.ts'
import { boundText, type Log, type LogRecord } from './log.ts'

export interface BoundedLogOptions {
  /**
   * From a text as the app said it to one for its developer. Asked for what fits alone, so that the rate bounds what it
   * costs, too.
   */
  readonly map?: (text: string) => string
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** Passes on what fits. */
export class BoundedLog implements Log {
  readonly #log: Log
  readonly #map: (text: string) => string
  readonly #rate: RateLimit

  constructor(log: Log, { map = (text) => text, now }: BoundedLogOptions = {}) {
    this.#log = log
    this.#map = map
    this.#rate = new RateLimit(LOG_RATE, now)
  }

  write(record: LogRecord): void {
    const dropped = this.#rate.takeDropped()
    if (dropped > 0) {
      const { tenant, version } = record
      const text = `${dropped} records were dropped: there were more than a log takes in a second`
      this.#log.write({ level: 'warn', tenant, version, event: 'log-cut', text })
    }
    const text = boundText(record.text)
    if (this.#rate.admit(text.length)) this.#log.write({ ...record, text: boundText(this.#map(text)) })
  }
}
