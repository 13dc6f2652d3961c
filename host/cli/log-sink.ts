/**
 * Where log lines go: a stream whose reader may be slow, stand still or go away. The server goes on serving all the
 * same, so only so much is held for it; lines beyond that are left out, and how many is said when there is room again.
 */

import type { Writable } from 'node:stream'

/** The most bytes that wait in the stream. */
const MOST_BYTES = 1024 * 1024

export class LogSink {
  readonly #out: Writable
  #left = 0

  constructor(out: Writable) {
    this.#out = out
    // a reader that has gone is no reason to stop: the lines go with it
    out.on('error', () => {})
    out.on('drain', () => this.#sayLeft())
  }

  /** Whole lines. */
  write(text: string): void {
    if (this.#out.destroyed) return
    if (this.#out.writableLength + text.length > MOST_BYTES) {
      this.#left++
      return
    }
    this.#out.write(text)
  }

  #sayLeft(): void {
    if (this.#left === 0) return
    const text = `warn  ${this.#left} log entries were left out: the log is not read fast enough\n`
    this.#left = 0
    this.#out.write(text)
  }
}
