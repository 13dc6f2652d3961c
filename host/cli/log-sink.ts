/**
 * Where log lines go: a stream whose reader may be slow, stand still or go away. The server goes on serving all the
 * same, so only so much is held for it; lines beyond that are dropped, and how many is said when there is room again.
 */

import type { Writable } from 'node:stream'

import { toLogEntry } from '../supervisor/messages.ts'
import { toLogLine } from './log-line.ts'

/** The most bytes that wait in the stream. */
const MOST_BYTES = 1024 * 1024

export class LogSink {
  readonly #out: Writable
  #dropped = 0

  constructor(out: Writable) {
    this.#out = out
    // a reader that has gone is no reason to stop: the lines go with it
    out.on('error', () => {})
    out.on('drain', () => this.#sayDropped())
  }

  /** Whole lines. */
  write(text: string): void {
    if (this.#out.destroyed) return
    if (this.#out.writableLength + text.length > MOST_BYTES) {
      this.#dropped++
      return
    }
    this.#out.write(text)
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return
    const text = `${this.#dropped} log entries were dropped: the log is not read fast enough`
    this.#dropped = 0
    this.#out.write(toLogLine(toLogEntry({ level: 'warn', text })))
  }
}
