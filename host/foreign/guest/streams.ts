/** wasi:io/streams and wasi:io/error over whatever gives or takes bytes. What they throw are the cases of stream-error. */

import { Pollable } from './poll.ts'

/** Gives bytes. */
export interface Source {
  /** Something is there, the end or a failure included. It is asked for, if need be. */
  isReady(): boolean
  /** Undefined: nothing is there now. Throws `closed()` or `failed()`. */
  take(most: number): Uint8Array | undefined
  drop?(): void
}

/** Takes bytes. */
export interface Sink {
  /** How many bytes it takes now. Throws `closed()` or `failed()`. */
  room(): number
  write(bytes: Uint8Array): void
  drop?(): void
}

export class IoError {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toDebugString(): string {
    return this.#text
  }
}

/** The most that is given or taken at once. */
const MOST_AT_ONCE = 64 * 1024
const EMPTY = new Uint8Array(0)

export const closed = (): unknown => ({ tag: 'closed' })

export const failed = (text: string): unknown => ({ tag: 'last-operation-failed', val: new IoError(text) })

const toMost = (length: bigint): number => (length > BigInt(MOST_AT_ONCE) ? MOST_AT_ONCE : Number(length))

export class InputStream {
  readonly #source: Source

  constructor(source: Source) {
    this.#source = source
  }

  read(length: bigint): Uint8Array {
    return (this.#source.isReady() ? this.#source.take(toMost(length)) : undefined) ?? EMPTY
  }

  blockingRead(length: bigint): Uint8Array {
    if (length === 0n) return EMPTY
    this.subscribe().block()
    return this.read(length)
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length)
  }

  blockingSkip(length: bigint): bigint {
    return BigInt(this.blockingRead(length).length)
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#source.isReady())
  }

  [Symbol.dispose](): void {
    this.#source.drop?.()
  }
}

export class OutputStream {
  readonly #sink: Sink

  constructor(sink: Sink) {
    this.#sink = sink
  }

  checkWrite(): bigint {
    return BigInt(Math.min(this.#sink.room(), MOST_AT_ONCE))
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > this.#sink.room()) throw failed('more was written than check-write allowed')
    if (bytes.length > 0) this.#sink.write(bytes)
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      this.subscribe().block()
      const part = bytes.subarray(at, at + Number(this.checkWrite()))
      this.write(part)
      at += part.length
    }
  }

  /** What is written is on its way. */
  flush(): void {
    this.#sink.room()
  }

  blockingFlush(): void {
    this.flush()
  }

  writeZeroes(length: bigint): void {
    this.write(new Uint8Array(toMost(length)))
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.blockingWriteAndFlush(new Uint8Array(toMost(length)))
  }

  splice(from: InputStream, length: bigint): bigint {
    const room = this.checkWrite()
    const bytes = from.read(length < room ? length : room)
    this.write(bytes)
    return BigInt(bytes.length)
  }

  blockingSplice(from: InputStream, length: bigint): bigint {
    this.subscribe().block()
    from.subscribe().block()
    return this.splice(from, length)
  }

  subscribe(): Pollable {
    return new Pollable(() => {
      try {
        return this.#sink.room() > 0
      } catch {
        return true
      }
    })
  }

  [Symbol.dispose](): void {
    this.#sink.drop?.()
  }
}
