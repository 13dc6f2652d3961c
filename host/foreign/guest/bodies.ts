/** Bodies over the pipe: bytes that come when they are asked for, and bytes that go as far as there is room. */

import { type Frame, WINDOW_BYTES } from '../frame.ts'
import { hear, say, wait } from './pipe.ts'
import { closed, failed, type Sink, type Source } from './streams.ts'

/** What is said of a body that comes in. */
export interface IncomingKinds {
  readonly pull: number
  readonly chunk: number
  readonly end: number
  readonly fail: number
  /** Nothing more of it is wanted; undefined: that need not be said. */
  readonly abort?: number
}

/** What is said of one that goes out. */
export interface OutgoingKinds {
  readonly chunk: number
  readonly end: number
  readonly room: number
}

export class PipeSource implements Source {
  readonly #kinds: IncomingKinds
  readonly #id: number
  readonly #chunks: Buffer[] = []
  #isAsked = false
  #end: unknown

  constructor(id: number, kinds: IncomingKinds) {
    this.#id = id
    this.#kinds = kinds
    const on = (kind: number, act: (frame: Frame) => void): void => hear(kind, id, act)
    on(kinds.chunk, ({ payload }) => {
      this.#isAsked = false
      if (payload.length > 0) this.#chunks.push(payload)
    })
    on(kinds.end, () => (this.#end = closed()))
    on(kinds.fail, ({ payload }) => (this.#end = failed(payload.toString())))
  }

  isReady(): boolean {
    if (this.#chunks.length > 0 || this.#end !== undefined) return true
    if (!this.#isAsked) say(this.#kinds.pull, this.#id)
    this.#isAsked = true
    return false
  }

  take(most: number): Uint8Array | undefined {
    const [first] = this.#chunks
    if (first === undefined) {
      // oxlint-disable-next-line typescript/only-throw-error -- a case of the interface's own error
      if (this.#end !== undefined) throw this.#end
      return undefined
    }
    if (first.length > most) this.#chunks[0] = first.subarray(most)
    else this.#chunks.shift()
    return first.subarray(0, most)
  }

  drop(): void {
    if (this.#kinds.abort !== undefined && this.#end === undefined) say(this.#kinds.abort, this.#id)
    this.#end ??= closed()
    for (const kind of [this.#kinds.chunk, this.#kinds.end, this.#kinds.fail]) hear(kind, this.#id, undefined)
  }
}

/**
 * What goes out of one body. Nothing does before its head is on its way: until then it is kept.
 *
 *     waiting  --begin-->  open  --finish-->  over      any  --break off-->  over
 */
export class PipeSink implements Sink {
  readonly #kinds: OutgoingKinds
  /** Kept until it begins. */
  readonly #kept: Uint8Array[] = []
  #id: number | undefined
  #room = WINDOW_BYTES
  #written = 0
  #state: 'waiting' | 'open' | 'over' = 'waiting'
  #isFinished = false

  constructor(kinds: OutgoingKinds) {
    this.#kinds = kinds
  }

  get written(): number {
    return this.#written
  }

  /** Its head is on its way. */
  begin(id: number): void {
    if (this.#state !== 'waiting') return
    this.#id = id
    this.#state = 'open'
    hear(this.#kinds.room, id, ({ payload }) => (this.#room += payload.readUInt32LE()))
    for (const bytes of this.#kept.splice(0)) say(this.#kinds.chunk, id, bytes)
    if (this.#isFinished) this.finish()
  }

  room(): number {
    // oxlint-disable-next-line typescript/only-throw-error -- a case of the interface's own error
    if (this.#state === 'over' || this.#isFinished) throw closed()
    return this.#room
  }

  write(bytes: Uint8Array): void {
    this.#room -= bytes.length
    this.#written += bytes.length
    if (this.#state === 'waiting') this.#kept.push(bytes.slice())
    else say(this.#kinds.chunk, this.#id!, bytes)
  }

  finish(): void {
    this.#isFinished = true
    if (this.#state !== 'open') return
    say(this.#kinds.end, this.#id!)
    this.stop()
  }

  /** Nobody takes any more. */
  stop(): void {
    if (this.#id !== undefined) hear(this.#kinds.room, this.#id, undefined)
    this.#state = 'over'
  }

  get isWhole(): boolean {
    return this.#isFinished
  }
}

/** Blocks until it is so. */
export function waitFor(isSo: () => boolean): void {
  while (!isSo()) wait()
}
