/**
 * Where log entries go as lines: a stream whose reader may be slow, stand still or go away. The server goes on serving all the
 * same, so only so much is held for it; entries beyond that are dropped, and how many is said when there is room again.
 */

import type { Writable } from 'node:stream'

import { toLogEntry } from '../log/entry.ts'
import type { LogEntry } from '../log/entry.ts'
import { toLine } from '../log/line.ts'
import type { LogFormat, Paint } from '../log/line.ts'
import { toPaint } from './paint.ts'

/** The most bytes that wait in the stream. */
const MOST_BYTES = 1024 * 1024
/** Lines that are written together. */
const WRITE_CHARS = 64 * 1024

export class LogSink {
  readonly #out: Writable
  readonly #format: LogFormat
  readonly #paint: Paint
  #dropped = 0
  /** Lines of requests, which come many at once and are written together. */
  #lines = ''

  constructor(out: Writable & { readonly isTTY?: boolean }, format: LogFormat) {
    this.#out = out
    this.#format = format
    this.#paint = toPaint(out)
    // a reader that has gone is no reason to stop: the lines go with it
    out.on('error', () => {})
    out.on('drain', () => this.#sayDropped())
  }

  write(entry: LogEntry): void {
    if (this.#out.destroyed) return
    const text = toLine(this.#format, entry, this.#paint)
    if (this.#out.writableLength + this.#lines.length + text.length > MOST_BYTES) {
      this.#dropped++
      return
    }
    if (this.#lines === '' && entry.facts !== undefined) queueMicrotask(() => this.#flush())
    this.#lines += text
    if (entry.facts === undefined || this.#lines.length > WRITE_CHARS) this.#flush()
  }

  #flush(): void {
    if (this.#lines !== '') this.#out.write(this.#lines)
    this.#lines = ''
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return
    const text = `${this.#dropped} log entries were dropped: the log is not read fast enough`
    this.#dropped = 0
    this.#out.write(toLine(this.#format, toLogEntry({ level: 'warn', text })))
  }
}
