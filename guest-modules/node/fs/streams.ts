/** Streams of files. */

import { Buffer } from '../buffer.ts'
import { outOfRange } from '../invalid.ts'
import { Readable, Writable } from '../stream.ts'
import { closeSync, openSync, readSync, writeSync } from './open-files.ts'
import { toPath } from './paths.ts'
import { toBytes, toOptions } from './texts.ts'

interface StreamOptions {
  readonly fd?: number | { readonly fd: number } | null
  readonly flags?: string
  readonly mode?: number
  readonly encoding?: BufferEncoding | null
  readonly start?: number
  /** The last byte. */
  readonly end?: number
  readonly autoClose?: boolean
  readonly emitClose?: boolean
  readonly highWaterMark?: number
  readonly signal?: AbortSignal
}

type Done = (error?: Error | null) => void

const READ_BYTES = 64 * 1024

/** What both have: a file that is opened, and closed again unless it is somebody else's. */
class FileOf {
  readonly path: string | undefined
  readonly #flags: string
  readonly #mode: number | undefined
  readonly #closes: boolean
  fd: number | null

  constructor(path: unknown, { fd, flags, mode, autoClose = true }: StreamOptions, otherwise: string) {
    this.fd = typeof fd === 'object' ? (fd?.fd ?? null) : (fd ?? null)
    this.path = path === undefined ? undefined : toPath(path)
    this.#flags = flags ?? otherwise
    this.#mode = mode
    this.#closes = autoClose
  }

  open(stream: { emit(name: string, ...args: unknown[]): boolean }, done: Done): void {
    if (this.fd !== null) return done()
    try {
      this.fd = openSync(this.path, this.#flags, this.#mode)
    } catch (error) {
      return done(error as Error)
    }
    const { fd } = this
    done()
    queueMicrotask(() => {
      stream.emit('open', fd)
      stream.emit('ready')
    })
  }

  close(): void {
    if (this.fd !== null && this.#closes) closeSync(this.fd)
    this.fd = null
  }
}

export class ReadStream extends Readable {
  readonly #file: FileOf
  #at: number | undefined
  readonly #end: number
  bytesRead = 0

  constructor(path: unknown, options?: unknown) {
    const settings = toOptions(options) as StreamOptions
    const { start, end = Infinity } = settings
    if (start !== undefined && start > end) throw outOfRange('start', `<= "end" (here: ${end})`, start)
    const file = new FileOf(path, settings, 'r')
    super({
      highWaterMark: settings.highWaterMark ?? READ_BYTES,
      emitClose: settings.emitClose ?? true,
      ...(settings.encoding && { encoding: settings.encoding }),
      ...(settings.signal && { signal: settings.signal }),
      construct: (done: Done) => file.open(this, done),
    })
    this.#file = file
    this.#at = start
    this.#end = end
  }

  get path(): string | undefined {
    return this.#file.path
  }

  get fd(): number | null {
    return this.#file.fd
  }

  get pending(): boolean {
    return this.#file.fd === null
  }

  override _read(size: number): void {
    const position = this.#at
    const left = this.#end === Infinity ? size : this.#end - (position ?? this.bytesRead) + 1
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(size, left)))
    try {
      const count = bytes.length === 0 ? 0 : readSync(this.#file.fd, bytes, 0, bytes.length, position)
      this.bytesRead += count
      if (position !== undefined) this.#at = position + count
      this.push(count === 0 ? null : bytes.subarray(0, count))
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#file.close()
    done(error)
  }

  close(done?: Done): void {
    if (done !== undefined) this.once('close', () => done())
    this.destroy()
  }
}

export class WriteStream extends Writable {
  readonly #file: FileOf
  #at: number | undefined
  bytesWritten = 0

  constructor(path: unknown, options?: unknown) {
    const settings = toOptions(options) as StreamOptions
    const file = new FileOf(path, settings, 'w')
    super({
      ...(settings.highWaterMark !== undefined && { highWaterMark: settings.highWaterMark }),
      emitClose: settings.emitClose ?? true,
      decodeStrings: true,
      defaultEncoding: settings.encoding ?? 'utf8',
      ...(settings.signal && { signal: settings.signal }),
      construct: (done: Done) => file.open(this, done),
    })
    this.#file = file
    this.#at = settings.start
  }

  get path(): string | undefined {
    return this.#file.path
  }

  get fd(): number | null {
    return this.#file.fd
  }

  get pending(): boolean {
    return this.#file.fd === null
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    const bytes = toBytes(chunk, encoding)
    try {
      writeSync(this.#file.fd, bytes, 0, bytes.length, this.#at)
    } catch (error) {
      return done(error as Error)
    }
    this.bytesWritten += bytes.length
    if (this.#at !== undefined) this.#at += bytes.length
    done()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#file.close()
    done(error)
  }

  close(done?: Done): void {
    if (done !== undefined) {
      if (this.closed) queueMicrotask(done)
      else this.once('close', () => done())
    }
    this.end()
  }
}

export const createReadStream = (path: unknown, options?: unknown): ReadStream =>
  new ReadStream(path, options)
export const createWriteStream = (path: unknown, options?: unknown): WriteStream =>
  new WriteStream(path, options)
