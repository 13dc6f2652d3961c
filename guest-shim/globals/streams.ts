/**
 * Streams after the standard, by `web-streams-polyfill`: the engine's own have no byte streams and refuse signals. What
 * the shim itself needs of them goes past whatever an app does to the classes.
 */

import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  type ReadableStreamDefaultReadResult,
  TransformStream,
  TransformStreamDefaultController,
  type QueuingStrategy,
  type UnderlyingByteSource,
  type UnderlyingSource,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from 'web-streams-polyfill'
import { type Bytes, bytesOf } from './buffer-source.ts'
import { NativeTypeError, uncurry, uncurryGetter } from './primordials.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

// the library has an object of its own where the language has one for all asynchronous iterators
const iterators = Object.getPrototypeOf(new ReadableStream().values()) as object
// oxlint-disable-next-line func-names -- only for its prototype
const generators = Object.getPrototypeOf(async function* () {}.prototype) as object
Object.setPrototypeOf(iterators, Object.getPrototypeOf(generators) as object)

/** All of the standard's classes, as globals. */
export const streamClasses = {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
}

const isReadableLocked = uncurryGetter(ReadableStream.prototype, 'locked') as (
  stream: ReadableStream,
) => boolean
const isWritableLocked = uncurryGetter(WritableStream.prototype, 'locked') as (
  stream: WritableStream,
) => boolean
const getReaderOf = uncurry(ReadableStream.prototype.getReader as (mode?: object) => unknown)
const readOf = uncurry(ReadableStreamDefaultReader.prototype.read)
const enqueueOf = uncurry(ReadableByteStreamController.prototype.enqueue)
const closeOf = uncurry(ReadableByteStreamController.prototype.close)
const errorOf = uncurry(ReadableByteStreamController.prototype.error)
const byobRequestOf = uncurryGetter(ReadableByteStreamController.prototype, 'byobRequest')
const respondOf = uncurry(ReadableStreamBYOBRequest.prototype.respond)
const teeOf = uncurry(ReadableStream.prototype.tee)
const cancelOf = uncurry(ReadableStream.prototype.cancel)
const pipeToOf = uncurry(ReadableStream.prototype.pipeTo)
const pipeThroughOf = uncurry(ReadableStream.prototype.pipeThrough)

export const isReadableStream = (value: unknown): value is ReadableStream => isStream(value, isReadableLocked)
export const isWritableStream = (value: unknown): value is WritableStream => isStream(value, isWritableLocked)

function isStream(value: unknown, check: (stream: never) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    check(value as never)
    return true
  } catch {
    return false
  }
}

export const isLocked = isReadableLocked

/* oxlint-disable no-underscore-dangle -- the library's names */

/** Whether it was read from or cancelled. The library has no other word for it. */
export const isDisturbed = (stream: ReadableStream): boolean =>
  (stream as unknown as { _disturbed: boolean })._disturbed

/** Whether it is one of bytes. */
export const isByteStream = (stream: ReadableStream): boolean =>
  (stream as unknown as { _readableStreamController: object })._readableStreamController instanceof
  ReadableByteStreamController

export const getReader = getReaderOf as <T>(stream: ReadableStream<T>) => ReadableStreamDefaultReader<T>
export const read = readOf as <T>(
  reader: ReadableStreamDefaultReader<T>,
) => Promise<ReadableStreamDefaultReadResult<T>>
export const tee = teeOf as <T>(stream: ReadableStream<T>) => [ReadableStream<T>, ReadableStream<T>]
export const cancel = cancelOf as (stream: ReadableStream, reason?: unknown) => Promise<void>
export const pipeTo = pipeToOf as (stream: ReadableStream, to: WritableStream) => Promise<void>
export const pipeThrough = pipeThroughOf as <T>(stream: ReadableStream, through: object) => ReadableStream<T>

/** Where bytes come from, such as the host. */
export interface ByteSource {
  start?(control: ByteControl): void
  /** The reader wants more: `enqueue` or `close` is to follow, in this call or later. */
  pull(control: ByteControl): void | Promise<void>
  cancel?(reason: unknown): void | Promise<void>
}

/** How a source gives bytes to its stream. */
export interface ByteControl {
  /** The bytes are the stream's from here on. None are no chunk. */
  enqueue(bytes: Bytes): void
  close(): void
  error(reason: unknown): void
}

/** A stream of bytes, for BYOB readers too, that asks for nothing before somebody reads. */
export function openByteStream(source: ByteSource): ReadableStream<Bytes> {
  let control: ByteControl
  const underlying = {
    // what an app puts on Object.prototype is no part of it
    __proto__: null,
    autoAllocateChunkSize: undefined,
    type: 'bytes',
    start(controller: ReadableByteStreamController) {
      control = new StreamControl(controller)
      source.start?.(control)
    },
    pull: () => source.pull(control),
    cancel: (reason: unknown) => source.cancel?.(reason),
  }
  return new ReadableStream(underlying as unknown as UnderlyingByteSource) as ReadableStream<Bytes>
}

class StreamControl implements ByteControl {
  readonly #controller: ReadableByteStreamController

  constructor(controller: ReadableByteStreamController) {
    this.#controller = controller
  }

  enqueue(bytes: Bytes): void {
    if (bytes.length > 0) enqueueOf(this.#controller, bytes)
  }

  close(): void {
    closeOf(this.#controller)
    // somebody may wait with a buffer of their own
    const request = byobRequestOf(this.#controller)
    if (request !== null) respondOf(request, 0)
  }

  error(reason: unknown): void {
    errorOf(this.#controller, reason)
  }
}

/** A stream of these bytes. */
export function streamBytes(bytes: Bytes): ReadableStream<Bytes> {
  let isGiven = bytes.length === 0
  return openByteStream({
    pull(control) {
      if (isGiven) return control.close()
      isGiven = true
      control.enqueue(bytes)
    },
  })
}

/** A stream of whatever chunks, each of which is asked for. */
export function openStream<T>(source: UnderlyingSource<T>): ReadableStream<T> {
  const underlying = {
    __proto__: null,
    autoAllocateChunkSize: undefined,
    start: undefined,
    type: undefined,
    ...source,
  }
  return new ReadableStream<T>(
    underlying as UnderlyingSource<T>,
    { __proto__: null, highWaterMark: 0, size: undefined } as unknown as QueuingStrategy<T>,
  )
}

/**
 * A stream's bytes to its end, as what `convert` makes of them. Throws a TypeError for a chunk that is no Uint8Array. A
 * promise of the bytes would be another's who puts `then` on `Object.prototype`.
 */
export async function readAll<T>(stream: ReadableStream, convert: (bytes: Bytes) => T): Promise<T> {
  const reader = getReader(stream)
  const chunks: Bytes[] = []
  let size = 0
  for (;;) {
    const { done, value } = await readOf(reader)
    if (done) break
    const bytes = value instanceof Uint8Array ? bytesOf(value) : undefined
    if (bytes === undefined) {
      const error = new NativeTypeError(
        `expected a stream of Uint8Array, got a chunk of type ${typeof value}`,
      )
      void reader.cancel(error).catch(() => {})
      throw error
    }
    chunks[chunks.length] = bytes
    size += bytes.length
  }
  return convert(concatenate(chunks, size))
}

/** A copy: whoever gave a chunk may still have it. */
function concatenate(chunks: readonly Bytes[], size: number): Bytes {
  const all = new Uint8Array(size)
  let at = 0
  for (let i = 0; i < chunks.length; i++) {
    const chunk = chunks[i] as Bytes
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

export { ReadableStream, TransformStream, WritableStream }
