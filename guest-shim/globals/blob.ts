/**
 * Blobs as streams of bytes, a piece at a time. The engine's own `stream` reads in an event loop that does not turn here:
 * it would never settle.
 */

/* oxlint-disable typescript/unbound-method, oxc/no-this-in-exported-function -- a method for a prototype that is not ours */

import type { Bytes } from './buffer-source.ts'
import { NativeBlob, uncurry, uncurryGetter } from './primordials.ts'
import { openByteStream, type ReadableStream } from './streams.ts'
import { isObject } from './web-idl.ts'

const { construct } = Reflect
const PIECE_BYTES = 65_536
const sliceOf = uncurry(NativeBlob.prototype.slice) as (self: Blob, start: number, end: number) => Blob
const bytesOfBlob = uncurry(NativeBlob.prototype.arrayBuffer) as (self: Blob) => Promise<ArrayBuffer>

export const sizeOf = uncurryGetter(NativeBlob.prototype, 'size')
export const typeOf = uncurryGetter(NativeBlob.prototype, 'type')
export const isBlob = (value: unknown): value is Blob => value instanceof NativeBlob

/** These one after the other. */
export function streamParts(parts: readonly (Bytes | Blob)[]): ReadableStream<Bytes> {
  let next = 0
  /** What of the next part is done, if it is a Blob. */
  let done = 0
  const read = async (): Promise<Bytes | undefined> => {
    for (let part = parts[next]; part !== undefined; part = parts[++next]) {
      if (isBlob(part)) {
        const start = done
        done = Math.min(start + PIECE_BYTES, sizeOf(part))
        if (done > start) return new Uint8Array(await bytesOfBlob(sliceOf(part, start, done)))
        done = 0
      } else if (part.length > 0) {
        next++
        return new Uint8Array(part)
      }
    }
    return undefined
  }
  return openByteStream({
    async pull(control) {
      const bytes = await read()
      if (bytes === undefined) control.close()
      else control.enqueue(bytes)
    },
  })
}

interface BlobOptions {
  readonly endings?: unknown
  readonly type?: unknown
  readonly lastModified?: unknown
}

const LINE_ENDS = /\r\n?/g
const replace = uncurry(String.prototype.replace) as unknown as (
  text: string,
  pattern: RegExp,
  by: string,
) => string

/** The class; its own leaves line ends as they are whatever `endings` says. Native ones are LF. */
export const withEndings = <T extends object>(native: T): T =>
  new Proxy(native, {
    construct(target, args: unknown[], newTarget) {
      const options = args.at(-1) as BlobOptions | undefined
      const [parts] = args
      const given = isObject(parts) && args.length > 1 && isObject(options) ? convert(args, options) : args
      return construct(target as unknown as new () => object, given, newTarget) as object
    },
  })

/** Each option is read once, in the standard's order. */
function convert([parts, ...more]: unknown[], options: BlobOptions): unknown[] {
  const { endings } = options
  const read = {
    __proto__: null,
    endings,
    get type() {
      return options.type
    },
    get lastModified() {
      return options.lastModified
    },
  }
  const converted = endings === 'native' ? Array.from(parts as Iterable<unknown>, toNative) : parts
  return [converted, ...more.slice(0, -1), read]
}

const toNative = (part: unknown): unknown =>
  typeof part === 'string' ? replace(part, LINE_ENDS, '\n') : part

/** `Blob.prototype.stream` */
export function stream(this: Blob): ReadableStream<Bytes> {
  // throws for what is no Blob
  sizeOf(this)
  return streamParts([this])
}

/** `Blob.prototype.bytes` */
export async function bytes(this: Blob): Promise<Bytes> {
  return new Uint8Array(await bytesOfBlob(this))
}
