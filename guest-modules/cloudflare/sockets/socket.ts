/**
 * A TCP connection as two streams.
 *
 *     connecting ── opened ──> open ── close(), both ways over, the far side's end without allowHalfOpen ──> closed
 *         │                     └── startTls(): what was written goes, then another Socket has the connection ──> closed
 *         └── it fails: opened and closed reject
 *
 * What breaks an open one is told to whoever reads or writes.
 */

import { door, type Connection, type ConnectionPort } from '../../door.ts'
import { Relay } from '../../relay.ts'
import type { Address, SocketOptions } from './address.ts'

/** What `opened` gives. */
export interface SocketInfo {
  readonly remoteAddress: string
}

const MAKING = Symbol('making')
const CLOSED = 'This socket has been closed.'
const encoder = new TextEncoder()

export class Socket {
  readonly #address: Address
  readonly #options: SocketOptions
  readonly #connection: Connection
  readonly #relay: Relay
  readonly #readable: ReadableStream<Uint8Array>
  readonly #writable: WritableStream<unknown>
  #reading!: ReadableByteStreamController
  #writing!: WritableStreamDefaultController
  readonly #opened = Promise.withResolvers<SocketInfo>()
  readonly #closed = Promise.withResolvers<void>()
  #isOpen = false
  #isOver = false
  #isUpgraded = false
  /** No more comes, or is wanted; no more goes. */
  #isReadOver = false
  #isWriteOver = false
  /** Chunks that the writable has taken and the connection has not. */
  #unwritten = 0
  #onWritten: (() => void) | undefined
  #onRoom: (() => void) | undefined
  /** What the connection says when it is this one's. */
  readonly #port: ConnectionPort = {
    ready: () => this.#open(),
    data: (bytes) => {
      if (!this.#isReadOver) this.#reading.enqueue(bytes as Uint8Array<ArrayBuffer>)
    },
    ended: () => this.#ended(),
    writable: () => this.#resume(),
    failed: (message, code) => this.#failed(message, code),
  }

  /** `before`: whose connection goes on as this one. */
  constructor(making: unknown, address: Address, options: SocketOptions, before?: Socket) {
    if (making !== MAKING) throw new TypeError('Illegal constructor')
    this.#address = address
    this.#options = options
    for (const { promise } of [this.#opened, this.#closed]) promise.catch(() => {})
    if (before === undefined) {
      this.#relay = new Relay(this.#port)
      const { transport, halfOpen } = options
      const terms = { ...address, tls: transport === 'on' ? {} : null, halfOpen }
      this.#connection = door.connect(terms, this.#relay)
    } else {
      this.#relay = before.#relay
      this.#connection = before.#connection
    }
    this.#readable = this.#openReadable()
    this.#writable = this.#openWritable()
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#readable
  }

  get writable(): WritableStream<unknown> {
    return this.#writable
  }

  get opened(): Promise<SocketInfo> {
    return this.#opened.promise
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get upgraded(): boolean {
    return this.#isUpgraded
  }

  get secureTransport(): string {
    return this.#options.transport
  }

  /** Resolves when it is closed; what was written goes out before. */
  async close(): Promise<void> {
    if (this.#isOver) return
    try {
      await this.#opened.promise
    } catch {
      return
    }
    await this.#written()
    if (this.#isOver) return
    this.#connection.close()
    // who reads on until the end, as drivers do, has done nothing wrong
    this.#endReading()
    this.#end(new TypeError(CLOSED))
  }

  /** The same connection with TLS, as another Socket; this one is closed. */
  startTls(options: { expectedServerHostname?: string } = {}): Socket {
    const { transport } = this.#options
    if (transport === 'on') throw new TypeError('Cannot startTls on a TLS socket.')
    if (transport === 'off') {
      throw new TypeError(
        "The `secureTransport` socket option must be set to 'starttls' for startTls to be used.",
      )
    }
    if (this.#isOver || this.#isUpgraded) {
      throw new TypeError('The connection was closed before startTls could be started.')
    }
    this.#isUpgraded = true
    const next = new Socket(MAKING, this.#address, { ...this.#options, transport: 'on' }, this)
    this.#relay.handOver(next.#port, () => {
      this.#end(new TypeError('The connection goes on with TLS, as another Socket.'))
    })
    const { expectedServerHostname: name } = options
    void this.#secure(name === undefined ? {} : { name })
    return next
  }

  async #secure(terms: object): Promise<void> {
    try {
      await this.#opened.promise
      await this.#written()
      this.#connection.secure(terms)
    } catch {
      // both have been told
    }
  }

  #openReadable(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        this.#reading = controller
      },
      pull: () => this.#connection.pull(),
      cancel: () => {
        this.#isReadOver = true
        this.#settle()
      },
    })
  }

  #openWritable(): WritableStream<unknown> {
    const { highWaterMark } = this.#options
    return new WritableStream(
      {
        start: (controller) => {
          this.#writing = controller
          return this.#opened.promise.then(() => undefined)
        },
        write: (chunk) => this.#write(toBytes(chunk)),
        close: () => {
          this.#connection.finish()
          this.#isWriteOver = true
          this.#unwritten = 0
          this.#onWritten?.()
          this.#settle()
        },
        abort: (reason) => {
          this.#connection.abort()
          this.#end(reason)
        },
      },
      {
        highWaterMark,
        size: (chunk) => {
          const { length } = toBytes(chunk)
          this.#unwritten++
          return length
        },
      },
    )
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    this.#unwritten--
    const isFull = bytes.length > 0 && !this.#connection.write(bytes)
    if (this.#unwritten === 0) this.#onWritten?.()
    if (!isFull) return undefined
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  /** Everything that the writable has is the connection's, or never will be. */
  #written(): Promise<void> {
    if (this.#unwritten === 0 || this.#isOver) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onWritten = resolve
    })
  }

  #resume(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }

  #open(): void {
    const { hostname, port } = this.#address
    this.#isOpen = true
    this.#opened.resolve({ remoteAddress: `${hostname}:${port}` })
  }

  #ended(): void {
    this.#endReading()
    if (this.#options.halfOpen) return this.#settle()
    this.#end(new TypeError('This WritableStream has been closed.'))
    this.#connection.close()
  }

  #endReading(): void {
    if (this.#isReadOver) return
    this.#isReadOver = true
    this.#reading.close()
    // a reader with a buffer of its own waits for it
    this.#reading.byobRequest?.respond(0)
  }

  #failed(message: string, code: string): void {
    const text = this.#isOpen ? `Network connection lost: ${message}` : message
    const error = Object.assign(new Error(text), code !== '' && { code })
    this.#opened.reject(error)
    this.#end(error)
  }

  /** Both ways are over. */
  #settle(): void {
    if (!this.#isReadOver || !this.#isWriteOver) return
    this.#connection.close()
    this.#end()
  }

  #end(error?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    if (!this.#isReadOver) this.#reading.error(error)
    if (!this.#isWriteOver) this.#writing.error(error)
    this.#resume()
    this.#onWritten?.()
    // rejects when it was never open
    void this.#opened.promise.then(() => this.#closed.resolve(), this.#closed.reject)
  }
}

export function makeSocket(address: Address, options: SocketOptions): Socket {
  return new Socket(MAKING, address, options)
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk)
  if (typeof chunk === 'string') return encoder.encode(chunk)
  throw new TypeError(`Socket: expected bytes to write, got ${chunk === null ? 'null' : typeof chunk}`)
}

Object.defineProperty(Socket.prototype, Symbol.toStringTag, { value: 'Socket', configurable: true })
