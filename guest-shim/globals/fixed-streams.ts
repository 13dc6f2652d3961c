/**
 * What Workers have besides the standard: a stream that passes bytes through unchanged, and one that says before how many.
 */

import { type Bytes, bytesOf } from './buffer-source.ts'
import { encode, NativePromise, NativeTypeError, uncurry } from './primordials.ts'
import {
  type ByteControl,
  openByteStream,
  type ReadableStream,
  TransformStream,
  WritableStream,
} from './streams.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const lengths = new WeakMap<object, number>()
const putLength = uncurry(lengths.set) as (map: typeof lengths, stream: object, length: number) => unknown
const getLength = uncurry(lengths.get) as (map: typeof lengths, stream: object) => number | undefined

/** How many bytes a stream will give: known of a FixedLengthStream's readable side, and of bodies that the host announced. */
export const fixedLengthOf = (stream: object): number | undefined => getLength(lengths, stream)
export const setLength = (stream: object, length: number): void => void putLength(lengths, stream, length)

/** How a FixedLengthStream says its length to the class that it extends. */
class Length {
  readonly bytes: number

  constructor(given: unknown) {
    this.bytes = Number(given)
    if (Number.isSafeInteger(this.bytes) && this.bytes >= 0) return
    throw new NativeTypeError(`FixedLengthStream: expected a number of bytes, got ${String(given)}`)
  }
}

export class IdentityTransformStream extends TransformStream<unknown, Bytes> {
  readonly #readable: ReadableStream<Bytes>
  readonly #writable: WritableStream<unknown>

  constructor(strategy?: unknown) {
    super()
    const length = strategy instanceof Length ? strategy.bytes : Number.POSITIVE_INFINITY
    const { readable, writable } = connect(length)
    this.#readable = readable
    this.#writable = writable
  }

  override get readable(): ReadableStream<Bytes> {
    return this.#readable
  }

  override get writable(): WritableStream<unknown> {
    return this.#writable
  }
}

/** Its length is the `content-length` of a message that has it as its body; a different number of bytes is an error. */
export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength: unknown) {
    const length = new Length(expectedLength)
    super(length)
    setLength(this.readable, length.bytes)
  }
}

/** Nothing lies between the two sides: a chunk is taken when somebody reads it. */
function connect(length: number): { readable: ReadableStream<Bytes>; writable: WritableStream<unknown> } {
  let left = length
  let output: ByteControl
  let input: { error(reason: unknown): void }
  let openGate: () => void
  let gate: Promise<void>
  const shut = () => {
    gate = new NativePromise((resolve) => {
      openGate = resolve
    })
  }
  shut()
  const readable = openByteStream({
    start: (control) => {
      output = control
    },
    pull: () => openGate(),
    cancel: (reason) => {
      input.error(reason)
      openGate()
    },
  })
  const fail = (message: string) => {
    const error = new NativeTypeError(message)
    output.error(error)
    throw error
  }
  const writable = new WritableStream<unknown>({
    start: (controller) => {
      input = controller
    },
    async write(chunk) {
      const bytes = copyChunk(chunk)
      left -= bytes.length
      if (left < 0) fail(`FixedLengthStream: expected ${length} bytes, got more`)
      if (bytes.length === 0) return
      await gate
      shut()
      output.enqueue(bytes)
    },
    close() {
      if (left > 0 && left !== Number.POSITIVE_INFINITY) {
        fail(`FixedLengthStream: expected ${length} bytes, got ${length - left}`)
      }
      output.close()
    },
    abort: (reason) => output.error(reason),
  })
  return { readable, writable }
}

/** A chunk's bytes as the stream's own: a text counts as UTF-8. */
function copyChunk(chunk: unknown): Bytes {
  if (typeof chunk === 'string') return encode(chunk)
  const bytes = bytesOf(chunk)
  if (bytes === undefined)
    throw new NativeTypeError(`expected bytes or a text, got a chunk of type ${typeof chunk}`)
  return new Uint8Array(bytes)
}
