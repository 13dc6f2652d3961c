/**
 * Calls to data that are under way, whichever binding made them: each has an id, and the host's events about it end up here.
 *
 *     startCall, sendCall > waiting for the answer > answered (the body on demand) > over
 *                                                  > failed or aborted
 */

import { abort, type DataAnswer, type DataFailure, type Event, finish, pull, write } from 'nano:workers/data'
import type { BodyChunk } from 'nano:workers/wire'
import { type AbortSignal, offAbort, onAbort } from '../globals/abort-signal.ts'
import { type Bytes, toOwn } from '../globals/buffer-source.ts'
import {
  defineProperty,
  makeTable,
  NativeError,
  NativePromise,
  NativeRangeError,
  NativeTypeError,
  parseJson,
} from '../globals/primordials.ts'
import {
  type ByteControl,
  cancel,
  openByteStream,
  type ReadableStream,
  readAll,
  streamBytes,
} from '../globals/streams.ts'
import { signalOf } from '../globals/signal-state.ts'
import { requireLive } from '../turn/phase.ts'
import { ignore, pump, type Sink } from '../turn/pump.ts'
import type { GuestBinding } from './binding.ts'

/** What the host answered. Its body is for one who reads it. */
export interface Answer {
  /** What was JSON. */
  readonly meta: unknown
  /** What `convert` makes of all of the body. */
  read<T>(convert: (bytes: Bytes) => T): Promise<T>
  /** The body, each chunk of which is asked for. */
  open(): ReadableStream<Bytes>
}

/** Tells the host of a call. `more`: further bytes follow. */
export type Start = (id: number, first: Bytes, more: boolean) => void

/** Who hears what becomes of a call. */
export interface CallEvents {
  answer(answer: DataAnswer): void
  take(chunk: BodyChunk): void
  lose(failure: DataFailure): void
  /** Bytes are taken again. */
  resume(): void
}

const EMPTY: Bytes = new Uint8Array(0)
const calls = makeTable<number, CallEvents>()
let lastId = 0

/** A call that somebody goes on with himself; gives its id. */
export function openCall(events: CallEvents): number {
  requireLive('a call of a binding')
  calls.set(++lastId, events)
  return lastId
}

/** Nothing is heard of it any more. */
export function closeCall(id: number): void {
  calls.delete(id)
}

export { abort as abortCall, pull as pullCall, write as writeCall }

/** Makes a call. Rejects with what the host says of its failure. */
export function startCall(start: (id: number) => void): Promise<Answer> {
  return sendCall(EMPTY, start)
}

/** Makes a call with a body. A stream that is over after its first chunk goes out in one crossing. */
export function sendCall(
  body: Bytes | ReadableStream<Uint8Array>,
  start: Start,
  signal?: AbortSignal,
): Promise<Answer> {
  return new NativePromise((resolve, reject) => {
    requireLive('a call of a binding')
    const state = signalOf(signal)
    if (state?.isAborted === true) {
      if (!(body instanceof Uint8Array)) void ignore(cancel(body, state.reason))
      reject(state.reason)
      return
    }
    const call = new Call(start, resolve, reject)
    if (signal !== undefined) call.follow(signal)
    if (body instanceof Uint8Array) call.whole(body)
    else void pump(body, call)
  })
}

class Call implements Sink, CallEvents {
  readonly #id = ++lastId
  readonly #begin: Start
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: unknown) => void
  #control: ByteControl | undefined
  #cancelBody: ((reason: unknown) => void) | undefined
  #onRoom: (() => void) | undefined
  #onOver: (() => void) | undefined
  #failure: { readonly reason: unknown } | undefined
  #isSent = false
  #isStarted = false

  constructor(begin: Start, resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#begin = begin
    this.#resolve = resolve
    this.#reject = reject
    calls.set(this.#id, this)
  }

  /** The app gives up when it is aborted, before or after the answer. */
  follow(signal: AbortSignal): void {
    const onAborted = (): void => {
      if (!this.isGone()) this.fail(signalOf(signal)?.reason)
    }
    onAbort(signal, onAborted)
    // a signal may outlive the calls that it is given to by far
    this.#onOver = () => offAbort(signal, onAborted)
  }

  // what the host says

  answer({ meta, body, hasMore }: DataAnswer): void {
    const first = toOwn(body)
    const open = hasMore ? () => openByteStream(this.#source(first)) : () => streamBytes(first)
    this.#resolve({
      meta: parseJson(meta),
      read: async (convert) => (hasMore ? readAll(open(), convert) : convert(first)),
      open,
    })
    if (!hasMore) this.#close()
  }

  take({ bytes, last }: BodyChunk): void {
    this.#control?.enqueue(toOwn(bytes))
    if (!last) return
    this.#close()
    this.#control?.close()
  }

  lose(failure: DataFailure): void {
    this.#end(toError(failure))
  }

  resume(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }

  // what comes of the body

  whole(bytes: Uint8Array): void {
    this.#isSent = true
    this.#isStarted = true
    this.#begin(this.#id, bytes as Bytes, false)
  }

  start(first: Uint8Array): boolean {
    this.#isStarted = true
    this.#begin(this.#id, first as Bytes, true)
    return true
  }

  write(bytes: Uint8Array): boolean {
    return write(this.#id, bytes)
  }

  finish(): void {
    this.#isSent = true
    finish(this.#id)
  }

  fail(error: unknown): void {
    if (this.#isStarted) abort(this.#id)
    this.#end(error)
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

  #source(first: Bytes) {
    let isFirst = true
    return {
      start: (control: ByteControl) => {
        this.#control = control
        if (this.#failure !== undefined) control.error(this.#failure.reason)
      },
      pull: (control: ByteControl) => {
        if (isFirst && first.length > 0) control.enqueue(first)
        else pull(this.#id)
        isFirst = false
      },
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
    this.#reject(error)
    try {
      this.#control?.error(error)
    } catch {
      // the body is already over
    }
  }

  /** Nothing more comes, and nothing more is sent. */
  #close(): void {
    calls.delete(this.#id)
    this.#onOver?.()
    if (!this.#isSent) this.#cancelBody?.(this.#failure?.reason ?? new NativeTypeError('The call is over'))
    this.resume()
  }
}

export function toError({ name, code, message }: DataFailure): Error {
  const Kind = name === 'TypeError' ? NativeTypeError : name === 'RangeError' ? NativeRangeError : NativeError
  const error = new Kind(message)
  if (code !== '') defineProperty(error, 'code', { value: code, writable: true, configurable: true })
  return error
}

export const binding: GuestBinding<Event> = {
  events: {
    'data-answered': (answer: DataAnswer) => calls.get(answer.id)?.answer(answer),
    'data-body': (chunk: BodyChunk) => calls.get(chunk.id)?.take(chunk),
    'data-failed': (failure: DataFailure) => calls.get(failure.id)?.lose(failure),
    'data-writable': (id: number) => calls.get(id)?.resume(),
  },
}
