/**
 * A request's body as a stream that asks the host for each chunk. The first chunk comes by itself.
 */

import { toOwn } from '../globals/buffer-source.ts'
import { makeTable, NativeStream, NativeTypeError } from '../globals/primordials.ts'
import { type BodyChunk, cancelBody, type Failure, pullBody } from '../host.ts'

class Source {
  readonly #id: number
  #controller: StreamController<Uint8Array> | undefined
  /** Whether a chunk is on its way: the first always is. */
  #isAsked = true

  constructor(id: number) {
    this.#id = id
  }

  start(controller: StreamController<Uint8Array>): void {
    this.#controller = controller
  }

  pull(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    pullBody(this.#id)
  }

  cancel(): void {
    sources.delete(this.#id)
    cancelBody(this.#id)
  }

  take({ bytes, last }: BodyChunk): void {
    this.#isAsked = false
    if (last) sources.delete(this.#id)
    if (bytes.length > 0) this.#controller?.enqueue(toOwn(bytes))
    if (last) this.#controller?.close()
  }

  fail(message: string): void {
    sources.delete(this.#id)
    this.#controller?.error(new NativeTypeError(message))
  }
}

const sources = makeTable<number, Source>()

export function openBody(id: number): ReadableStream<Uint8Array> {
  const source = new Source(id)
  sources.set(id, source)
  return new NativeStream<Uint8Array>(source, { highWaterMark: 0 })
}

export function takeBodyChunk(chunk: BodyChunk): void {
  sources.get(chunk.id)?.take(chunk)
}

export function failBody({ id, message }: Failure): void {
  sources.get(id)?.fail(message)
}

/** The request is over: what is left of its body will not be read. */
export function closeBody(id: number): void {
  const source = sources.get(id)
  if (source === undefined) return
  source.cancel()
  source.fail('The request is over: its response is complete and nothing is kept by waitUntil.')
}
