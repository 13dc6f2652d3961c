/**
 * `OutgoingMessage`: what is said in headers first, and then in a body. Its head goes out with the first bytes, or at the end
 * with all of them (`begin`).
 */

import { Buffer } from '../buffer.ts'
import { Writable } from '../stream.ts'
import { type Body, BodySink } from './body-sink.ts'
import { HeaderMap, type HeaderInput, type HeaderValue } from './header-map.ts'
import { adopting } from './called.ts'
import { MessageSocket } from './message-socket.ts'

type Callback = (error?: Error | null) => void

export abstract class OutgoingMessage extends adopting(Writable) {
  headersSent = false
  sendDate = true
  shouldKeepAlive = true
  finished = false
  chunkedEncoding = false
  useChunkedEncodingByDefault = true
  socket: MessageSocket
  protected readonly map = new HeaderMap()
  /** Whether the body, which takes the head with it, is on its way. */
  #isBegun = false
  readonly #sink = new BodySink((reason) => this.destroy(reason instanceof Error ? reason : undefined))
  /** Bytes that came with the end, before anything was sent. */
  #last: Uint8Array<ArrayBuffer>[] = []
  #isEnding = false

  constructor(socket = new MessageSocket()) {
    // it is over with its answer, or with its response, not when all is said
    super({ autoDestroy: false })
    this.socket = socket
  }

  /** The head is complete, and this is the body. */
  protected abstract begin(body: Body): void

  get connection(): MessageSocket {
    return this.socket
  }

  /** What packages look at to see whether the head has gone out. */
  get _header(): string | null {
    return this.headersSent ? 'sent' : null
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#requireUnsent('set')
    this.map.set(name, value)
    return this
  }

  setHeaders(headers: Headers | ReadonlyMap<string, HeaderValue>): this {
    for (const [name, value] of headers) {
      if (name === 'set-cookie') this.appendHeader(name, value as string)
      else this.setHeader(name, value)
    }
    return this
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    this.#requireUnsent('append')
    this.map.append(name, value)
    return this
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.map.get(name)
  }

  getHeaders(): Record<string, HeaderValue> {
    return this.map.toObject()
  }

  getHeaderNames(): string[] {
    return this.map.names()
  }

  getRawHeaderNames(): string[] {
    return this.map.rawNames()
  }

  hasHeader(name: string): boolean {
    return this.map.has(name)
  }

  removeHeader(name: string): void {
    this.#requireUnsent('remove')
    this.map.delete(name)
  }

  addTrailers(_headers: HeaderInput): void {}

  /** The head goes out before there is a body. */
  flushHeaders(): void {
    if (!this.#isBegun) this.#stream()
  }

  setTimeout(ms: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback)
    this.socket.setTimeout(ms, () => this.emit('timeout'))
    return this
  }

  override end(...args: unknown[]): this {
    this.#isEnding = true
    this.finished = true
    super.end(...(args as []))
    return this
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Callback): void {
    // the app may use its memory again once it is told that this was written
    const bytes = new Uint8Array(Buffer.from(chunk))
    if (!this.#isBegun && this.#isEnding) {
      this.#last.push(bytes)
      return done()
    }
    this.flushHeaders()
    this.#sink.write(bytes, done)
  }

  override _final(done: Callback): void {
    if (this.#isBegun) this.#sink.end()
    else {
      const [only] = this.#last
      this.headersSent = this.#isBegun = true
      this.begin(this.#last.length > 1 ? new Uint8Array(Buffer.concat(this.#last)) : (only ?? null))
    }
    this.socket.setTimeout(0)
    done()
  }

  override _destroy(error: Error | null, done: Callback): void {
    this.#sink.fail(error ?? new Error('aborted'))
    this.socket.destroy()
    done(error)
  }

  #stream(): void {
    this.headersSent = this.#isBegun = true
    this.begin(this.#sink.open())
  }

  #requireUnsent(what: string): void {
    if (!this.headersSent) return
    throw Object.assign(new Error(`Cannot ${what} headers after they are sent to the client`), {
      code: 'ERR_HTTP_HEADERS_SENT',
    })
  }
}
