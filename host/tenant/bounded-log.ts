/**
 * A tenant's log, bounded: an app, or whoever sends it requests that fail, cannot fill a disk faster than this. What
 * was left out is said with the first record of a later second.
 */
import { performance } from 'node:perf_hooks'
import { boundText, type Log, type LogRecord } from './log.ts'

/** The most records in one second. */
const SECOND_RECORDS = 500

/** The most characters in one second. */
const SECOND_LENGTH = 256 * 1024

const MS_PER_SECOND = 1000

/** Passes on what fits. */
export class BoundedLog implements Log {
  readonly #log: Log
  readonly #now: () => number
  #second = 0
  #records = 0
  #length = 0
  #left = 0

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log
    this.#now = now
  }

  write(record: LogRecord): void {
    const second = Math.floor(this.#now() / MS_PER_SECOND)
    if (second !== this.#second) this.#begin(second, record.tenant)
    const text = boundText(record.text)
    if (this.#records >= SECOND_RECORDS || this.#length + text.length > SECOND_LENGTH) {
      this.#left++
      return
    }
    this.#records++
    this.#length += text.length
    this.#log.write({ ...record, text })
  }

  #begin(second: number, tenant: string): void {
    this.#second = second
    this.#records = 0
    this.#length = 0
    if (this.#left === 0) return
    const text = `${this.#left} records were left out: there were more than a log takes in a second`
    this.#left = 0
    this.#log.write({ level: 'warn', tenant, event: 'log-cut', text })
  }
}
