/**
 * What an instance's log hears of refused fetches. An app can be refused as fast as it can loop, so only so many lines
 * are written in a second, and what was left out is said with the next one.
 */
import { performance } from 'node:perf_hooks'
import type { EgressDenied } from '../egress/connect.ts'

/** The most lines in one second. */
const SECOND_LINES = 10

/** Writes the lines. */
export class DeniedLog {
  readonly #write: (text: string) => void
  #second = 0
  #inSecond = 0
  #left = 0

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  /** Note a refusal. */
  add({ code, message }: EgressDenied): void {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) this.#inSecond = 0
    this.#second = second
    if (++this.#inSecond > SECOND_LINES) {
      this.#left++
      return
    }
    const more = this.#left === 0 ? '' : ` (and ${this.#left} more before)`
    this.#left = 0
    this.#write(`${code}: ${message}${more}`)
  }
}
