/**
 * One app's part of the log on its way to where the operator wants it: JSON lines, many at once, in order.
 *
 *     idle  --a line-->  filling  --some time, full-->  sending  --taken, refused for good-->  idle, filling
 *                                                         '--failed-->  waiting  --its pause is over-->  sending
 *     any  --close-->  what waits is sent once more, and then it is over
 *
 * Holds: nobody waits for it. Only so much is held; what comes beyond that is dropped, and how much that was is said in the
 * drain itself. A target that fails is tried again, less and less often.
 */

import { toLogEntry } from './entry.ts'
import type { LogEntry } from './entry.ts'
import { toLine } from './line.ts'

/** Where lines go. */
export interface DrainTarget {
  /** Resolves when the lines are there, `refused` when they never will be; rejects when it may be tried again. */
  send(lines: string): Promise<'taken' | 'refused'>
}

export interface DrainOptions {
  /** It has begun to fail, or to refuse; said once until it works again. */
  onTrouble(text: string): void
  /** How long lines are gathered, and the first pause after a failure. */
  readonly waitMs?: number
}

const WAIT_MS = 1000
const MOST_PAUSE_MS = 60_000
/** What is sent at once. */
const BATCH_CHARS = 64 * 1024
/** What waits at the most, what is being sent included. */
const MOST_CHARS = 1024 * 1024

export class Drain {
  readonly #target: DrainTarget
  readonly #options: DrainOptions
  readonly #waitMs: number
  #lines: string[] = []
  #chars = 0
  #dropped = 0
  #pauseMs = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #isClosed = false
  #isTroubled = false

  constructor(target: DrainTarget, options: DrainOptions) {
    this.#target = target
    this.#options = options
    this.#waitMs = options.waitMs ?? WAIT_MS
  }

  write(entry: LogEntry): void {
    if (this.#isClosed) return
    const line = toLine('json', entry)
    if (this.#chars + line.length > MOST_CHARS) {
      this.#dropped++
      return
    }
    this.#lines.push(line)
    this.#chars += line.length
    if (this.#pauseMs === 0 && this.#chars >= BATCH_CHARS) this.#send()
    else this.#wait()
  }

  /** Resolves when what waits has been sent, or could not be. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#sending
    while (this.#lines.length > 0) {
      const before = this.#lines.length
      this.#send()
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#sending
      if (this.#lines.length >= before) break
    }
    clearTimeout(this.#timer)
  }

  #wait(): void {
    if (this.#sending === undefined) {
      this.#timer ??= setTimeout(() => this.#send(), Math.max(this.#waitMs, this.#pauseMs)).unref()
    }
  }

  #send(): void {
    if (this.#sending !== undefined || this.#lines.length === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending = this.#sendBatch().finally(() => {
      this.#sending = undefined
      if (this.#lines.length > 0 && !this.#isClosed) this.#wait()
    })
  }

  async #sendBatch(): Promise<void> {
    const count = this.#countBatch()
    const batch = this.#lines.slice(0, count).join('')
    const dropped = this.#dropped
    try {
      const outcome = await this.#target.send(batch + toDroppedLine(dropped))
      if (outcome === 'refused') this.#trouble('refused what was sent')
      else this.#isTroubled = false
      this.#pauseMs = 0
      this.#lines.splice(0, count)
      this.#chars -= batch.length
      this.#dropped -= dropped
    } catch (error) {
      this.#pauseMs = Math.min(MOST_PAUSE_MS, Math.max(this.#waitMs, this.#pauseMs * 2))
      this.#trouble(error instanceof Error ? error.message : String(error))
    }
  }

  #countBatch(): number {
    let chars = 0
    const end = this.#lines.findIndex((line) => (chars += line.length) > BATCH_CHARS)
    return end < 0 ? this.#lines.length : Math.max(1, end)
  }

  #trouble(text: string): void {
    if (!this.#isTroubled) this.#options.onTrouble(text)
    this.#isTroubled = true
  }
}

function toDroppedLine(dropped: number): string {
  if (dropped === 0) return ''
  const text = `${dropped} log entries were dropped: the drain does not take them fast enough`
  return toLine('json', toLogEntry({ level: 'warn', text }))
}
