/**
 * Fetches that are under way: each has an id, and the host's events about it end up here.
 *
 *     startOutbound > waiting for the head > answered (body on demand) > over
 *                                          > failed or aborted
 */

import {
  abort,
  type Answer,
  type Event,
  finish,
  pull,
  type Redirect,
  start,
  write,
} from 'nano:workers/outbound'
import type { BodyChunk, Failure } from 'nano:workers/wire'
import { toOwn } from '../globals/buffer-source.ts'
import { encode, makeTable, NativePromise, NativeTypeError } from '../globals/primordials.ts'
import { type ByteControl, openByteStream, type ReadableStream } from '../globals/streams.ts'
import { pump, type Sink } from '../turn/pump.ts'
import type { GuestBinding } from './binding.ts'

export type { Answer, Redirect }

/** What goes out before the body. `head`: method, URL and headers as `outbound.start` wants them. */
export interface Outgoing {
  readonly head: string
  readonly redirect: Redirect
}

/** Who made the fetch. */
export interface Caller {
  /** Called at most once. `open`: makes the body's stream, of which each chunk is asked for; null: there is none. */
  answered(answer: Answer, open: (() => ReadableStream<Uint8Array>) | null): void
  /** Called when nothing came, or not all of it. */
  failed(error: unknown): void
  /** Called once: nothing more comes, whatever way it ended. */
  over(): void
}

const EMPTY = new Uint8Array(0)
const calls = makeTable<number, Outbound>()
let lastId = 0

export class Outbound implements Sink {
  readonly #id = ++lastId
  readonly #outgoing: Outgoing
  readonly #caller: Caller
  #control: ByteControl | undefined
  #cancelBody: ((reason: unknown) => void) | undefined
  #onRoom: (() => void) | undefined
  /** Nothing came, or not all of it. */
  #failure: { readonly reason: unknown } | undefined
  #isStarted = false
  /** The request's body need not be sent any further. */
  #isSent = false

  constructor(outgoing: Outgoing, body: Uint8Array | ReadableStream<Uint8Array> | undefined, caller: Caller) {
    this.#outgoing = outgoing
    this.#caller = caller
    calls.set(this.#id, this)
    if (body === undefined || body instanceof Uint8Array) this.whole(body ?? EMPTY)
    else void pump(body, this)
  }

  /** The app gives up, before or after the head. */
  abort(reason: unknown): void {
    if (calls.get(this.#id) === undefined) return
    if (this.#isStarted) abort(this.#id)
    this.#end(reason)
  }

  /** The host gave up. */
  lose(message: string): void {
    this.#end(new NativeTypeError(`fetch failed: ${message}`))
  }

  answer(answer: Answer): void {
    try {
      this.#caller.answered(answer, answer.hasBody ? () => openByteStream(this.#source()) : null)
    } catch (error) {
      return this.abort(error)
    }
    if (!answer.hasBody) this.#close()
  }

  take({ bytes, last }: BodyChunk): void {
    this.#control?.enqueue(toOwn(bytes))
    if (!last) return
    this.#close()
    this.#control?.close()
  }

  resume(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }

  whole(bytes: Uint8Array): void {
    this.#start(bytes, false)
    this.#isSent = true
  }

  start(first: Uint8Array): boolean {
    this.#start(EMPTY, true)
    return first.length === 0 || this.write(first)
  }

  write(bytes: Uint8Array): boolean {
    return write(this.#id, bytes)
  }

  finish(): void {
    this.#isSent = true
    finish(this.#id)
  }

  fail(error: unknown): void {
    this.abort(error)
  }

  waitForRoom(): Promise<void> {
    return new NativePromise((resolve) => {
      this.#onRoom = resolve
    })
  }

  isGone(): boolean {
    return calls.get(this.#id) === undefined
  }

  onOpen(cancel: (reason: unknown) => void): void {
    this.#cancelBody = cancel
  }

  #start(body: Uint8Array, more: boolean): void {
    this.#isStarted = true
    start(this.#id, encode(this.#outgoing.head), body, more, this.#outgoing.redirect)
  }

  #source() {
    return {
      start: (control: ByteControl) => {
        this.#control = control
        if (this.#failure !== undefined) control.error(this.#failure.reason)
      },
      pull: () => pull(this.#id),
      cancel: () => {
        if (calls.get(this.#id) === undefined) return
        abort(this.#id)
        this.#close()
      },
    }
  }

  #end(error: unknown): void {
    this.#failure = { reason: error }
    this.#close()
    this.#caller.failed(error)
    try {
      this.#control?.error(error)
    } catch {
      // the answer's body is already over
    }
  }

  /** Nothing more comes, and nothing more is sent. */
  #close(): void {
    calls.delete(this.#id)
    this.#caller.over()
    if (!this.#isSent) this.#cancelBody?.(this.#failure?.reason ?? new NativeTypeError('The fetch is over'))
    this.resume()
  }
}

export const binding: GuestBinding<Event> = {
  events: {
    answered: (answer: Answer) => calls.get(answer.id)?.answer(answer),
    'answer-body': (chunk: BodyChunk) => calls.get(chunk.id)?.take(chunk),
    'fetch-failed': ({ id, message }: Failure) => calls.get(id)?.lose(message),
    'fetch-writable': (id: number) => calls.get(id)?.resume(),
  },
}
