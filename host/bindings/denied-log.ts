/**
 * What a tenant hears of an instance's refused fetches: that there was one, each time, and which. An app can be refused
 * as fast as it can loop, so only so many are put into words in a second, and what was left out is said with the next.
 */
import { performance } from 'node:perf_hooks'
import type { EgressDenied } from '../egress/connect.ts'

/** The most lines in one second. */
const SECOND_LINES = 10

/** Finds the words. */
export class DeniedLog {
  readonly #tell: (text?: string) => void
  #second = 0
  #inSecond = 0
  #left = 0

  /** `tell` is called for every refusal, with a line for the log or without. */
  constructor(tell: (text?: string) => void) {
    this.#tell = tell
  }

  /** Note a refusal. */
  add({ code, message }: EgressDenied): void {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) this.#inSecond = 0
    this.#second = second
    if (++this.#inSecond > SECOND_LINES) {
      this.#left++
      return this.#tell()
    }
    const more = this.#left === 0 ? '' : ` (and ${this.#left} more before)`
    this.#left = 0
    this.#tell(`${code}: ${message}${more}`)
  }
}
