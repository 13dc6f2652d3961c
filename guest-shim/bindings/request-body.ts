/**
 * A request's body as a stream that asks the host for each chunk. The first chunk comes by itself.
 */

import { cancel, type Event, pull } from 'nano:workers/request-body'
import type { BodyChunk, Failure } from 'nano:workers/wire'
import { toOwn } from '../globals/buffer-source.ts'
import { makeTable, NativeTypeError } from '../globals/primordials.ts'
import { type ByteControl, openByteStream, type ReadableStream } from '../globals/streams.ts'
import type { GuestBinding } from './binding.ts'

class Source {
  readonly #id: number
  #control: ByteControl | undefined
  /** Whether a chunk is on its way: the first always is. */
  #isAsked = true

  constructor(id: number) {
    this.#id = id
  }

  start(control: ByteControl): void {
    this.#control = control
  }

  pull(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    pull(this.#id)
  }

  cancel(): void {
    sources.delete(this.#id)
    cancel(this.#id)
  }

  take({ bytes, last }: BodyChunk): void {
    this.#isAsked = false
    if (last) sources.delete(this.#id)
    this.#control?.enqueue(toOwn(bytes))
    if (last) this.#control?.close()
  }

  fail(message: string): void {
    sources.delete(this.#id)
    this.#control?.error(new NativeTypeError(message))
  }
}

/** Who hears of a body. */
export interface BodyEvents {
  take(chunk: BodyChunk): void
  fail(message: string): void
  cancel(): void
}

const sources = makeTable<number, BodyEvents>()

/** Hears of a body that is asked for with `pullBody`, and with nothing else. */
export function listenToBody(id: number, events: Omit<BodyEvents, 'cancel'>): void {
  sources.set(id, {
    take: (chunk) => events.take(chunk),
    fail: (message) => events.fail(message),
    cancel() {
      sources.delete(id)
      cancel(id)
    },
  })
}

export { pull as pullBody }

export function openBody(id: number): ReadableStream<Uint8Array> {
  const source = new Source(id)
  sources.set(id, source)
  return openByteStream(source)
}

/** The request is over: what is left of its body will not be read. */
export function closeBody(id: number): void {
  const source = sources.get(id)
  if (source === undefined) return
  source.cancel()
  source.fail('The request is over: its response is complete and nothing is kept by waitUntil.')
}

export const binding: GuestBinding<Event> = {
  events: {
    'request-body': (chunk: BodyChunk) => sources.get(chunk.id)?.take(chunk),
    'request-body-failed': ({ id, message }: Failure) => sources.get(id)?.fail(message),
  },
}
