/**
 * Live tails of the log as server-sent events: the latest entries first, then those that come. An entry's id names this
 * process and the entry's number, so that a reader who was cut off goes on where it was.
 *
 *     waiting  --an entry-->  filled  --it is read-->  waiting
 *                             '- beyond a bound entries are dropped, and how many follows what waits
 *     waiting  --nothing for some time-->  a comment, so that both ends see whether the other is there
 *     any      --it is cancelled-->  gone
 *     any      --close, not followed-->  what waits is given, and it ends
 *     any      --expire: its reader may no longer read-->  what waits is dropped, and it ends
 *
 * Holds: nobody waits for a reader, and what is held for one that is slow is bounded. So is the number of tails.
 */

import { NanoError } from '../errors.ts'
import { toLine } from '../log/line.ts'
import type { LogFilter, LogRing, NumberedEntry } from '../log/ring.ts'

export interface TailOptions extends Omit<LogFilter, 'after'> {
  /** The latest entries that come first, at the most. */
  readonly most: number
  /** It goes on with those that come. */
  readonly follow: boolean
  /** The id of the last entry that the reader has: what came after it, in place of the latest. */
  readonly lastId?: string | undefined
  /** Whether whoever reads still may; asked by `expire`. */
  readonly mayGoOn: () => boolean
}

const MOST_TAILS = 16
/** What waits for a reader at the most. */
const MOST_WAITING = { entries: 1000, chars: 512 * 1024 } as const
/** What is given to one who comes back. */
const MOST_RESUMED = 1000
const HEARTBEAT_MS = 15_000
/** How long readers have to take the end. */
const CLOSE_MS = 500
/** When a reader should try again. */
const RETRY_MS = 2000

export class LogTails {
  readonly #ring: LogRing
  readonly #heartbeatMs: number
  readonly #open = new Set<Tail>()
  /** Numbers begin anew with each process. */
  readonly #process = Date.now().toString(36)
  #onEmpty: () => void = () => {}

  constructor(ring: LogRing, { heartbeatMs = HEARTBEAT_MS } = {}) {
    this.#ring = ring
    this.#heartbeatMs = heartbeatMs
  }

  get count(): number {
    return this.#open.size
  }

  /** The stream has to be read or cancelled. Throws TAILS_BUSY. */
  open({ most, follow, lastId, mayGoOn, ...filter }: TailOptions): ReadableStream<Uint8Array> {
    if (this.#open.size >= MOST_TAILS) {
      throw new NanoError(
        'TAILS_BUSY',
        `expected at most ${MOST_TAILS} log tails at once, got one more; end one, or try again in some seconds`,
      )
    }
    const tail: Tail = new Tail({
      process: this.#process,
      heartbeatMs: this.#heartbeatMs,
      mayGoOn,
      onEnd: () => {
        subscription?.[Symbol.dispose]()
        this.#open.delete(tail)
        if (this.#open.size === 0) this.#onEmpty()
      },
    })
    this.#open.add(tail)
    for (const each of this.#recall(filter, most, lastId)) tail.add(each)
    const subscription = follow
      ? this.#ring.subscribe(filter, (entry, number) => tail.add({ number, entry }))
      : undefined
    if (!follow) tail.end()
    return tail.stream
  }

  /** Ends those whose readers may not go on. To be called when that may have changed. */
  expire(): void {
    for (const tail of this.#open) tail.expire()
  }

  /** Resolves when every reader has taken what waits and the end, or time is up. */
  async close(): Promise<void> {
    if (this.#open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    const timer = setTimeout(resolve, CLOSE_MS)
    for (const tail of this.#open) tail.end()
    await promise
    clearTimeout(timer)
  }

  #recall(filter: LogFilter, most: number, lastId: string | undefined): NumberedEntry[] {
    const [, process, number] = /^([0-9a-z]+)-(\d{1,15})$/.exec(lastId ?? '') ?? []
    if (number === undefined) return this.#ring.recall(filter, most)
    // of another process: whatever this one has said is new
    const after = process === this.#process ? Number(number) : 0
    return this.#ring.recall({ ...filter, after }, MOST_RESUMED)
  }
}

interface TailParts {
  readonly process: string
  readonly heartbeatMs: number
  readonly mayGoOn: () => boolean
  /** Once. */
  readonly onEnd: () => void
}

class Tail {
  readonly stream: ReadableStream<Uint8Array>
  readonly #parts: TailParts
  readonly #encoder = new TextEncoder()
  #waiting: NumberedEntry[] = []
  #chars = 0
  #dropped = 0
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #isGreeted = false
  #isEnding = false
  #isGone = false
  #wake: () => void = () => {}

  constructor(parts: TailParts) {
    this.#parts = parts
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#leave(),
      },
      // nothing is made before it is asked for
      { highWaterMark: 0 },
    )
  }

  add(numbered: NumberedEntry): void {
    const { length } = numbered.entry.text
    if (
      this.#waiting.length >= MOST_WAITING.entries ||
      (this.#waiting.length > 0 && this.#chars + length > MOST_WAITING.chars)
    ) {
      this.#dropped++
      return
    }
    this.#waiting.push(numbered)
    this.#chars += length
    this.#wake()
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnding = true
    this.#wake()
  }

  expire(): void {
    if (this.#parts.mayGoOn()) return
    this.#controller?.close()
    this.#leave()
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#isGreeted && this.#waiting.length === 0 && !this.#isEnding) await this.#wait()
    if (this.#isGone) return
    const text = this.#take()
    if (text !== '') controller.enqueue(this.#encoder.encode(text))
    else if (!this.#isEnding) controller.enqueue(this.#encoder.encode(':\n\n'))
    if (!this.#isEnding) return
    controller.close()
    this.#parts.onEnd()
  }

  /** Until something comes, it ends, or it is time for a sign of life. */
  async #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, this.#parts.heartbeatMs)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
  }

  #take(): string {
    const { process } = this.#parts
    const greeting = this.#isGreeted ? '' : `retry: ${RETRY_MS}\n\n`
    const events = this.#waiting.map(
      ({ number, entry }) => `id: ${process}-${number}\ndata: ${toLine('json', entry)}\n`,
    )
    const dropped = this.#dropped === 0 ? '' : `event: dropped\ndata: {"dropped":${this.#dropped}}\n\n`
    this.#isGreeted = true
    this.#waiting = []
    this.#chars = 0
    this.#dropped = 0
    return greeting + events.join('') + dropped
  }

  #leave(): void {
    this.#isGone = true
    this.#wake()
    this.#parts.onEnd()
  }
}
