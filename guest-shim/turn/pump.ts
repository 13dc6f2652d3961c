/**
 * A stream's bytes to the host, at the pace that the host allows. A stream that is over after its first chunk goes
 * out whole, in one crossing.
 */

import { bytesOf } from '../globals/buffer-source.ts'
import { NativePromise, NativeTypeError } from '../globals/primordials.ts'
import { getReader, type ReadableStream } from '../globals/streams.ts'

export interface Sink {
  /** All bytes at once, instead of `start`, `write` and `finish`. */
  whole(bytes: Uint8Array): void
  start(first: Uint8Array): boolean
  write(bytes: Uint8Array): boolean
  finish(): void
  fail(error: unknown): void
  /** Settles when the host takes bytes again, or will take none. */
  waitForRoom(): Promise<void>
  /** Nobody wants the bytes any more. */
  isGone(): boolean
  /** How to end the stream when that happens. */
  onOpen(cancel: (reason: unknown) => void): void
}

/** Enough for a stream that is already at its end to say so. */
const TICKS = 4
const tick = NativePromise.resolve()
const EMPTY = new Uint8Array(0)

export async function pump(stream: ReadableStream<Uint8Array>, sink: Sink): Promise<void> {
  let cancel: ((reason: unknown) => void) | undefined
  try {
    const reader = getReader(stream)
    cancel = (reason) => void ignore(reader.cancel(reason))
    sink.onOpen(cancel)
    const first = await reader.read()
    if (sink.isGone()) return
    if (first.done) return sink.whole(EMPTY)
    const head = toBytes(first.value)
    const second = observe(reader.read())
    for (let i = 0; i < TICKS && !second.settled; i++) await tick
    if (second.settled?.done) return sink.whole(head)
    // to be told of room one must wait for it before anything else: the host says it once
    if (!sink.start(head)) await sink.waitForRoom()
    let part = second.settled ?? (await second.promise)
    for (;;) {
      if (sink.isGone()) return
      if (part.done) return sink.finish()
      const bytes = toBytes(part.value)
      if (bytes.length > 0 && !sink.write(bytes)) await sink.waitForRoom()
      if (sink.isGone()) return
      part = await reader.read()
    }
  } catch (error) {
    if (sink.isGone()) return
    cancel?.(error)
    sink.fail(error)
  }
}

interface Observed<T> {
  promise: Promise<T>
  settled: T | undefined
}

function observe<T>(promise: Promise<T>): Observed<T> {
  const observed: Observed<T> = { promise, settled: undefined }
  void note(observed)
  return observed
}

async function note<T>(observed: Observed<T>): Promise<void> {
  try {
    observed.settled = await observed.promise
  } catch {
    // whoever awaits the promise itself is told
  }
}

/** For a promise whose failure has nobody to be told to. */
export async function ignore(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch {
    // nobody to tell
  }
}

function toBytes(chunk: unknown): Uint8Array {
  const bytes = bytesOf(chunk)
  if (bytes !== undefined) return bytes
  throw new NativeTypeError(
    `A body stream gave a chunk of type ${typeof chunk}; it must give bytes (Uint8Array).`,
  )
}
