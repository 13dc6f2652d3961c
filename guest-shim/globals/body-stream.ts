/**
 * Streams as the bodies of messages: made, read to the end, handed on, parted in two.
 */

import { bytesOf, type Bytes } from './buffer-source.ts'
import {
  getReader,
  isLockedStream,
  NativeStream,
  NativeTypeError,
  NativeWeakMap,
  structuredCloneOf,
  tee,
  uncurry,
} from './primordials.ts'

export interface ByteSource {
  start?(controller: StreamController<Uint8Array>): unknown
  pull?(controller: StreamController<Uint8Array>): unknown
  cancel?(reason: unknown): unknown
}

const STRATEGY = { __proto__: null, highWaterMark: 0, size: undefined }

/** Each chunk is asked for. What an app puts on `Object.prototype` is no part of it. */
export function openStream(source: ByteSource): ReadableStream<Uint8Array> {
  const { start, pull, cancel } = source
  const own = {
    __proto__: null,
    start: start && ((controller: StreamController<Uint8Array>) => start.call(source, controller)),
    pull: pull && ((controller: StreamController<Uint8Array>) => pull.call(source, controller)),
    cancel: cancel && ((reason: unknown) => cancel.call(source, reason)),
    type: undefined,
    autoAllocateChunkSize: undefined,
  }
  return new NativeStream<Uint8Array>(own, STRATEGY)
}

export function streamOfBytes(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return openStream({
    pull(controller) {
      if (bytes.length > 0) controller.enqueue(bytes)
      controller.close()
    },
  })
}

export const isStream = (value: unknown): value is ReadableStream<Uint8Array> => value instanceof NativeStream
export const isLocked = isLockedStream
/** Somebody has read of it, or does not want it. */
export const isDisturbed = (_stream: ReadableStream): boolean => false

/** How many bytes a stream is going to give, where that is known. */
const lengths = new NativeWeakMap<ReadableStream, number>()
const getLength = uncurry(NativeWeakMap.prototype.get)
const putLength = uncurry(NativeWeakMap.prototype.set)

export const lengthOf = (stream: ReadableStream): number | undefined =>
  getLength(lengths, stream) as number | undefined

export function setLength(stream: ReadableStream, length: number): void {
  putLength(lengths, stream, length)
}

export async function readToEnd(stream: ReadableStream<Uint8Array>): Promise<Bytes> {
  const reader = getReader(stream)
  const chunks: Bytes[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    const bytes = chunkBytes(value)
    chunks[chunks.length] = bytes
    length += bytes.length
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (let i = 0; i < chunks.length; i++) {
    whole.set(chunks[i] as Bytes, at)
    at += (chunks[i] as Bytes).length
  }
  return whole
}

/** The bytes of a chunk; the standard takes nothing but Uint8Array. */
export function chunkBytes(chunk: unknown): Bytes {
  const bytes = bytesOf(chunk)
  if (bytes !== undefined) return bytes
  throw new NativeTypeError(
    `A body stream gave a chunk of type ${typeof chunk}; it must give bytes (Uint8Array).`,
  )
}

/** What is left of a stream, as another one: the first is locked from here on. */
export function relay(
  stream: ReadableStream<Uint8Array>,
  convert: (chunk: Uint8Array) => Uint8Array = (chunk) => chunk,
): ReadableStream<Uint8Array> {
  const reader = getReader(stream)
  const relayed = openStream({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(convert(value as Uint8Array))
    },
    cancel: (reason) => reader.cancel(reason),
  })
  const length = lengthOf(stream)
  if (length !== undefined) setLength(relayed, length)
  return relayed
}

/** Two of one, whose chunks have no memory in common. */
export function part(
  stream: ReadableStream<Uint8Array>,
): [ReadableStream<Uint8Array>, ReadableStream<Uint8Array>] {
  const both = tee(stream)
  return [both[0], relay(both[1], structuredCloneOf)]
}
