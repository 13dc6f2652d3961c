/** `FileHandle` of `node:fs/promises`: an open file. */

import { EventEmitter } from '../events.ts'
import * as open from './open-files.ts'
import type { Stats } from './stats.ts'
import { createReadStream, createWriteStream, type ReadStream, type WriteStream } from './streams.ts'
import { OF_DESCRIPTORS } from './sync.ts'
import { toOptions } from './texts.ts'
import * as whole from './whole.ts'

const CLOSED = -1
const BUFFER_BYTES = 16 * 1024

interface ReadOptions {
  readonly buffer?: Uint8Array
  readonly offset?: number
  readonly length?: number
  readonly position?: number | null
}

export class FileHandle extends EventEmitter {
  #fd: number

  constructor(fd: number) {
    super()
    this.#fd = fd
  }

  get fd(): number {
    return this.#fd
  }

  /** Throws EBADF when it is closed. */
  #expectOpen(syscall: string): number {
    if (this.#fd !== CLOSED) return this.#fd
    throw Object.assign(new Error('file closed'), { code: 'EBADF', syscall })
  }

  async close(): Promise<void> {
    if (this.#fd === CLOSED) return
    open.closeSync(this.#fd)
    this.#fd = CLOSED
    this.emit('close')
  }

  async read(
    given: Uint8Array | ReadOptions = {},
    offset?: unknown,
    length?: number,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffer: unknown }> {
    const fd = this.#expectOpen('read')
    if (ArrayBuffer.isView(given))
      return { bytesRead: open.readSync(fd, given, offset, length, position), buffer: given }
    const { buffer = Buffer.alloc(BUFFER_BYTES), ...span } = given
    return { bytesRead: open.readSync(fd, buffer, span), buffer }
  }

  async readv(
    buffers: readonly unknown[],
    position?: number | null,
  ): Promise<{ bytesRead: number; buffers: unknown }> {
    return { bytesRead: open.readvSync(this.#expectOpen('read'), buffers, position), buffers }
  }

  async write(
    buffer: unknown,
    offset?: unknown,
    length?: unknown,
    position?: unknown,
  ): Promise<{ bytesWritten: number; buffer: unknown }> {
    return {
      bytesWritten: open.writeSync(this.#expectOpen('write'), buffer, offset, length, position),
      buffer,
    }
  }

  async writev(
    buffers: readonly unknown[],
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffers: unknown }> {
    return { bytesWritten: open.writevSync(this.#expectOpen('write'), buffers, position), buffers }
  }

  async readFile(options?: unknown): Promise<string | Buffer> {
    return whole.readFileSync(this.#expectOpen('read'), options)
  }

  async writeFile(data: unknown, options?: unknown): Promise<void> {
    await writeAll(this.#expectOpen('write'), data, options)
  }

  async appendFile(data: unknown, options?: unknown): Promise<void> {
    await this.writeFile(data, options)
  }

  async *readLines(options?: unknown): AsyncGenerator<string> {
    const { encoding } = toOptions(options)
    const lines = String(await this.readFile(encoding ?? 'utf8')).split(/\r\n|\n|\r/)
    // what ends the last one begins none
    if (lines.at(-1) === '') lines.pop()
    yield* lines
  }

  readableWebStream(): ReadableStream<Uint8Array> {
    const fd = this.#expectOpen('read')
    return new ReadableStream({
      type: 'bytes',
      pull(control) {
        const bytes = new Uint8Array(BUFFER_BYTES)
        const count = open.readSync(fd, bytes)
        if (count > 0) return control.enqueue(bytes.subarray(0, count))
        control.close()
        control.byobRequest?.respond(0)
      },
    })
  }

  createReadStream(options: object = {}): ReadStream {
    return createReadStream(undefined, { ...options, fd: this.#expectOpen('read') })
  }

  createWriteStream(options: object = {}): WriteStream {
    return createWriteStream(undefined, { ...options, fd: this.#expectOpen('write') })
  }

  async stat(options?: { bigint?: boolean }): Promise<Stats> {
    return open.fstatSync(this.#expectOpen('fstat'), options)
  }

  async truncate(length?: number | null): Promise<void> {
    open.ftruncateSync(this.#expectOpen('ftruncate'), length)
  }

  async chmod(mode: unknown): Promise<void> {
    OF_DESCRIPTORS.fchmod(this.#expectOpen('fchmod'), mode)
  }

  async chown(uid: number, gid: number): Promise<void> {
    OF_DESCRIPTORS.fchown(this.#expectOpen('fchown'), uid, gid)
  }

  async utimes(atime: unknown, mtime: unknown): Promise<void> {
    OF_DESCRIPTORS.futimes(this.#expectOpen('futime'), atime, mtime)
  }

  async sync(): Promise<void> {
    this.#expectOpen('fsync')
  }

  async datasync(): Promise<void> {
    this.#expectOpen('fdatasync')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Text, bytes, or what gives them one after the other. */
export async function writeAll(file: unknown, data: unknown, options: unknown): Promise<void> {
  if (typeof data === 'string' || ArrayBuffer.isView(data) || !isIterable(data))
    return whole.writeFileSync(file, data, options)
  const settings = toOptions(options)
  const fd = typeof file === 'number' ? file : open.openSync(file, settings['flag'] ?? 'w', settings['mode'])
  try {
    for await (const piece of data) whole.writeFileSync(fd, piece, settings)
  } finally {
    if (fd !== file) open.closeSync(fd)
  }
}

const isIterable = (data: unknown): data is AsyncIterable<unknown> | Iterable<unknown> =>
  typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)
