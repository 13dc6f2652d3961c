/**
 * Blobs as streams of bytes, a piece at a time. The engine's own `stream` reads in an event loop that does not turn here:
 * it would never settle.
 */

/* oxlint-disable typescript/unbound-method, oxc/no-this-in-exported-function -- a method for a prototype that is not ours */

import { NativeBlob, NativeStream, uncurry, uncurryGetter } from './primordials.ts'

const PIECE_BYTES = 65_536
export const sizeOf = uncurryGetter(NativeBlob.prototype, 'size')
const sliceOf = uncurry(NativeBlob.prototype.slice) as (self: Blob, start: number, end: number) => Blob
const bytesOfBlob = uncurry(NativeBlob.prototype.arrayBuffer) as (self: Blob) => Promise<ArrayBuffer>

export const typeOf = uncurryGetter(NativeBlob.prototype, 'type')
export const isBlob = (value: unknown): value is Blob => value instanceof NativeBlob

/** These one after the other. */
export function streamParts(parts: readonly (Uint8Array | Blob)[]): ReadableStream<Uint8Array> {
  let next = 0
  /** What of the next part is done, if it is a Blob. */
  let done = 0
  const read = async (): Promise<Uint8Array | undefined> => {
    for (let part = parts[next]; part !== undefined; part = parts[++next]) {
      if (isBlob(part)) {
        const start = done
        done = Math.min(start + PIECE_BYTES, sizeOf(part))
        if (done > start) return new Uint8Array(await bytesOfBlob(sliceOf(part, start, done)))
        done = 0
      } else if (part.length > 0) {
        next++
        return part
      }
    }
    return undefined
  }
  return new NativeStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await read()
        if (bytes === undefined) controller.close()
        else controller.enqueue(bytes)
      },
    },
    { highWaterMark: 0 },
  )
}

/** `Blob.prototype.stream` */
export function stream(this: Blob): ReadableStream<Uint8Array> {
  // throws for what is no Blob
  sizeOf(this)
  return streamParts([this])
}
