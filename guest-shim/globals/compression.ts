/**
 * CompressionStream and DecompressionStream: the engine's zlib between streams of ours. What the engine overlooks is
 * checked here: it takes an input that ends too early, or whose last check value is wrong, for a good one.
 *
 * - gzip ends with the length of the data: whatever is cut ends with something else.
 * - deflate (zlib) ends with a checksum of the data.
 * - deflate-raw has neither. It is given to a codec as gzip, with a check value that can hardly be right: when the data has
 *   come to its end, the codec takes the four bytes, and it leaves them when it has found a fault. A second codec gets the
 *   data and one byte more: only when the data has come to its end, the byte is left. That something is left does the engine
 *   notice.
 */

import { Adler32 } from './adler32.ts'
import { type Bytes, bytesOf } from './buffer-source.ts'
import { NativeTypeError } from './primordials.ts'
import { type ReadableStream, TransformStream, type WritableStream } from './streams.ts'
import { requireArguments, toWord } from './web-idl.ts'

interface NativeCodec {
  readonly readable: { getReader(): { read(): Promise<{ done: boolean; value?: Bytes }> } }
  readonly writable: { getWriter(): { write(chunk: Bytes): Promise<void>; close(): Promise<void> } }
}
type NativeClass = new (format: string) => NativeCodec

const { CompressionStream: Native, DecompressionStream: NativeDecompression } = globalThis as unknown as {
  CompressionStream: NativeClass
  DecompressionStream: NativeClass
}

const FORMATS = ['deflate', 'deflate-raw', 'gzip'] as const
const TRAILER_BYTES = 4
const GZIP_HEAD = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/** The engine's codec, fed by hand. `onOutput` gets what comes out. */
class Codec {
  readonly #writer: ReturnType<NativeCodec['writable']['getWriter']>
  readonly #done: Promise<void>

  constructor(native: NativeCodec, onOutput: (bytes: Bytes) => void) {
    this.#writer = native.writable.getWriter()
    this.#done = this.#drain(native.readable.getReader(), onOutput)
    // whoever waits for the end is told, and so is whoever writes
    void settle(this.#done)
  }

  write(bytes: Bytes): Promise<void> {
    return this.#writer.write(bytes)
  }

  async end(): Promise<void> {
    await this.#writer.close()
    await this.#done
  }

  async #drain(
    reader: ReturnType<NativeCodec['readable']['getReader']>,
    onOutput: (bytes: Bytes) => void,
  ): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onOutput(value as Bytes)
    }
  }
}

/** Whether it went well. */
async function settle(promise: Promise<void>): Promise<boolean> {
  try {
    await promise
    return true
  } catch {
    return false
  }
}

function toChunk(chunk: unknown): Bytes {
  const bytes = bytesOf(chunk)
  if (bytes === undefined) throw new NativeTypeError(`expected bytes, got a chunk of type ${typeof chunk}`)
  return bytes
}

export class CompressionStream {
  readonly #pair: TransformStream<unknown, Bytes>

  constructor(format: unknown) {
    requireArguments(arguments.length, 1, 'CompressionStream')
    const native = new Native(toWord(format, FORMATS, 'CompressionStream'))
    let codec: Codec
    this.#pair = new TransformStream<unknown, Bytes>({
      start: (controller) => {
        codec = new Codec(native, (bytes) => controller.enqueue(bytes))
      },
      transform: (chunk) => codec.write(toChunk(chunk)),
      flush: () => codec.end(),
    })
  }

  get readable(): ReadableStream<Bytes> {
    return this.#pair.readable
  }

  get writable(): WritableStream<unknown> {
    return this.#pair.writable
  }
}

export class DecompressionStream {
  readonly #pair: TransformStream<unknown, Bytes>

  constructor(format: unknown) {
    requireArguments(arguments.length, 1, 'DecompressionStream')
    const kind = toWord(format, FORMATS, 'DecompressionStream')
    const check = CHECKS[kind]()
    let isBegun = false
    const begin = async () => {
      if (!isBegun && check.before) await codec.write(check.before)
      isBegun = true
    }
    let codec: Codec
    this.#pair = new TransformStream<unknown, Bytes>({
      start: (controller) => {
        codec = new Codec(new NativeDecompression(check.format), (bytes) => {
          check.out(bytes)
          controller.enqueue(bytes)
        })
      },
      async transform(chunk) {
        const bytes = toChunk(chunk)
        await begin()
        await check.in(bytes)
        await codec.write(bytes)
      },
      async flush() {
        await begin()
        if (check.after) await codec.write(check.after)
        await codec.end()
        if (!(await check.isWhole())) throw new NativeTypeError(`the ${kind} data is cut or corrupt`)
      },
    })
  }

  get readable(): ReadableStream<Bytes> {
    return this.#pair.readable
  }

  get writable(): WritableStream<unknown> {
    return this.#pair.writable
  }
}

/** Sees all that goes in and comes out. */
interface Check {
  /** What the codec is told that it is, and gets besides. */
  readonly format: string
  readonly before?: Bytes
  readonly after?: Bytes
  in(bytes: Bytes): unknown
  out(bytes: Bytes): void
  isWhole(): boolean | Promise<boolean>
}

/** The last bytes that went in. */
class Trailer {
  readonly view = new DataView(new ArrayBuffer(TRAILER_BYTES))
  isBegun = false

  take(bytes: Bytes): void {
    const last = bytes.subarray(-TRAILER_BYTES)
    if (last.length > 0) this.isBegun = true
    const all = new Uint8Array(this.view.buffer)
    all.copyWithin(0, last.length)
    all.set(last, TRAILER_BYTES - last.length)
  }
}

function checkGzip(): Check {
  const trailer = new Trailer()
  let size = 0
  return {
    format: 'gzip',
    in: (bytes) => trailer.take(bytes),
    out: (bytes) => {
      size += bytes.length
    },
    isWhole: () => trailer.isBegun && trailer.view.getUint32(0, true) === size >>> 0,
  }
}

function checkZlib(): Check {
  const trailer = new Trailer()
  const sum = new Adler32()
  return {
    format: 'deflate',
    in: (bytes) => trailer.take(bytes),
    out: (bytes) => sum.add(bytes),
    isWhole: () => trailer.view.getUint32(0) === sum.value,
  }
}

function checkRaw(): Check {
  const second = new Codec(new NativeDecompression('deflate-raw'), () => {})
  return {
    format: 'gzip',
    before: GZIP_HEAD,
    after: new Uint8Array(TRAILER_BYTES).fill(0x5a),
    in: (bytes) => second.write(bytes),
    out: () => {},
    isWhole: async () => {
      await second.write(new Uint8Array(1))
      return !(await settle(second.end()))
    },
  }
}

const CHECKS: Record<(typeof FORMATS)[number], () => Check> = {
  gzip: checkGzip,
  deflate: checkZlib,
  'deflate-raw': checkRaw,
}
