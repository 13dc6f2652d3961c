/**
 * A tenant's log, bounded: an app, or whoever sends it requests that fail, cannot fill a disk faster than this. What
 * was dropped is said with the first record of a later second.
 */
import { LOG_RATE, RateLimit } from '../limits/rate-limit.ts'
import { boundText, type Log, type LogRecord } from './log.ts'

/** Passes on what fits. */
export class BoundedLog implements Log {
  readonly #log: Log
  readonly #rate: RateLimit

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(log: Log, now?: () => number) {
    this.#log = log
    this.#rate = new RateLimit(LOG_RATE, now)
  }

  write(record: LogRecord): void {
    const dropped = this.#rate.takeDropped()
    if (dropped > 0) {
      const text = `${dropped} records were dropped: there were more than a log takes in a second`
      this.#log.write({ level: 'warn', tenant: record.tenant, event: 'log-cut', text })
    }
    const text = boundText(record.text)
    if (this.#rate.admit(text.length)) this.#log.write({ ...record, text })
  }
}
