/**
 * Streams of `node:zlib`: over those of the Web API, part by part. Brotli and Zstandard, which they have not, are gathered and done by the
 * host at the end.
 */

import { Buffer } from '../buffer.ts'
import { Transform } from '../stream.ts'
import { type Options, run } from './run.ts'

type Format = 'gzip' | 'deflate' | 'deflate-raw'
type Callback = (error?: Error | null) => void
type Engine = ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>

/** `gzip` begins so. */
const GZIP = [0x1f, 0x8b]

/** What they have in common. */
abstract class ZlibStream extends Transform {
  bytesWritten = 0

  // oxlint-disable-next-line no-useless-constructor -- which says that it takes options of zlib, too
  constructor(options?: object) {
    super(options)
  }

  override _transform(chunk: Uint8Array<ArrayBuffer>, _encoding: string, done: Callback): void {
    this.bytesWritten += chunk.length
    this.pass(new Uint8Array(chunk), done)
  }

  /** The engine's have no way to send what they hold back. */
  flush(...args: unknown[]): void {
    const callback = args.at(-1)
    if (typeof callback === 'function') queueMicrotask(callback as () => void)
  }

  params(_level: number, _strategy: number, callback?: () => void): void {
    this.flush(callback)
  }

  close(callback?: () => void): void {
    if (callback !== undefined) this.once('close', callback)
    this.destroy()
  }

  protected abstract pass(bytes: Uint8Array<ArrayBuffer>, done: Callback): void
}

/** One of the Web API's; chosen at the first bytes. */
abstract class EngineStream extends ZlibStream {
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined
  #read: Promise<void> | undefined

  protected abstract choose(first: Uint8Array): Engine

  protected override pass(bytes: Uint8Array<ArrayBuffer>, done: Callback): void {
    this.#open(bytes)
      .write(bytes)
      .then(() => done(), fail(done))
  }

  override _flush(done: Callback): void {
    const writer = this.#open(new Uint8Array(0))
    Promise.all([writer.close(), this.#read]).then(() => done(), fail(done))
  }

  #open(first: Uint8Array): WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> {
    if (this.#writer !== undefined) return this.#writer
    const { readable, writable } = this.choose(first)
    this.#writer = writable.getWriter()
    // who writes hears of its failure
    this.#writer.closed.catch(() => {})
    this.#read = this.#give(readable)
    this.#read.catch(() => {})
    return this.#writer
  }

  async #give(readable: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of readable)
      this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }
}

class PackStream extends EngineStream {
  readonly format: Format = 'gzip'

  protected override choose(): Engine {
    return new CompressionStream(this.format)
  }
}

class UnpackStream extends EngineStream {
  /** Undefined: either of the two, as its first bytes say. */
  readonly format: Format | undefined

  protected override choose(first: Uint8Array): Engine {
    const isGzip = GZIP.every((byte, i) => first[i] === byte)
    return new DecompressionStream(this.format ?? (isGzip ? 'gzip' : 'deflate'))
  }
}

/** What the Web API has not. */
class GatheredStream extends ZlibStream {
  readonly #method: string
  readonly #options: Options
  readonly #parts: Uint8Array[] = []

  constructor(method: string, options: Options = {}) {
    super(options)
    this.#method = method
    this.#options = options
  }

  protected override pass(bytes: Uint8Array, done: Callback): void {
    this.#parts.push(bytes)
    done()
  }

  override _flush(done: Callback): void {
    try {
      this.push(run(this.#method, Buffer.concat(this.#parts), this.#options))
    } catch (error) {
      return done(error as Error)
    }
    done()
  }
}

export class Gzip extends PackStream {}

export class Deflate extends PackStream {
  override readonly format = 'deflate'
}

export class DeflateRaw extends PackStream {
  override readonly format = 'deflate-raw'
}

export class Gunzip extends UnpackStream {
  override readonly format = 'gzip'
}

export class Inflate extends UnpackStream {
  override readonly format = 'deflate'
}

export class InflateRaw extends UnpackStream {
  override readonly format = 'deflate-raw'
}

export class Unzip extends UnpackStream {}

export class BrotliCompress extends GatheredStream {
  constructor(options?: Options) {
    super('brotliCompress', options)
  }
}

export class BrotliDecompress extends GatheredStream {
  constructor(options?: Options) {
    super('brotliDecompress', options)
  }
}

export class ZstdCompress extends GatheredStream {
  constructor(options?: Options) {
    super('zstdCompress', options)
  }
}

export class ZstdDecompress extends GatheredStream {
  constructor(options?: Options) {
    super('zstdDecompress', options)
  }
}

const fail =
  (done: Callback) =>
  (error: unknown): void =>
    done(Object.assign(new Error((error as Error).message, { cause: error }), { code: 'Z_DATA_ERROR' }))
