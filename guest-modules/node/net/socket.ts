/**
 * `net.Socket` over a TCP connection of the host's. What an app's socket cannot have here (a path, a descriptor, a server's
 * side) is refused with words.
 *
 *     new ── connect() ──> connecting ── connect, ready ──> open ── both ways over, destroy() ──> close
 *                              └── error ────────────────────────────────────────────────────────┘
 *
 * A socket with TLS takes the connection of the one below it. Until its handshake is over, what comes is the latter's: it was
 * sent without TLS.
 */

import { door, type Connection, type ConnectionPort } from '../../door.ts'
import { Relay } from '../../relay.ts'
import { Buffer } from '../buffer.ts'
import { Duplex } from '../stream.ts'
import { isIP } from './addresses.ts'

type Done = (error?: Error | null) => void
type Listener = (...args: unknown[]) => void

export interface ConnectOptions {
  readonly host?: string
  readonly port?: number | string
  readonly path?: string
  readonly timeout?: number
  readonly signal?: AbortSignal
  readonly allowHalfOpen?: boolean
}

/** Has the socket below go on as `socket` with TLS, of these terms (wit/connections.wit). */
export let adopt: (socket: Socket, below: Socket, terms: object) => void
/** Connects with TLS of these terms from the start. */
export let connectSecurely: (socket: Socket, options: ConnectOptions, terms: object) => void

export class Socket extends Duplex {
  connecting = false
  bytesRead = 0
  bytesWritten = 0
  remoteAddress: string | undefined = undefined
  remotePort: number | undefined = undefined
  remoteFamily: string | undefined = undefined
  localAddress: string | undefined = undefined
  localPort: number | undefined = undefined
  timeout = 0
  /** What ALPN came to. */
  protected protocol = ''
  #connection: Connection | undefined
  #relay: Relay | undefined
  /** Its connection is another's. */
  #isAdopted = false
  #onConnected: (() => void)[] = []
  #onRoom: (() => void) | undefined
  /** What says that it is there. */
  #names: readonly string[] = ['connect', 'ready']
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #port: ConnectionPort = {
    ready: (protocol) => this.#ready(protocol),
    data: (bytes) => this.#take(bytes),
    ended: () => {
      this.push(null)
      // the end of what nobody reads
      this.read(0)
    },
    writable: () => {
      const onRoom = this.#onRoom
      this.#onRoom = undefined
      onRoom?.()
    },
    failed: (message, code) => {
      const syscall = this.connecting && {
        syscall: 'connect',
        address: this.remoteAddress,
        port: this.remotePort,
      }
      this.destroy(Object.assign(toError(message, code), syscall))
    },
  }

  static {
    adopt = (socket, below, terms) => socket.#adopt(below, terms)
    connectSecurely = (socket, options, terms) => {
      socket.#names = ['connect', 'ready', 'secureConnect']
      socket.#open(options, terms)
    }
  }

  constructor(options: { allowHalfOpen?: boolean; signal?: AbortSignal } = {}) {
    super({ allowHalfOpen: options.allowHalfOpen === true, emitClose: false, autoDestroy: true })
    listenTo(this, options.signal)
  }

  get pending(): boolean {
    return this.#connection === undefined || this.connecting
  }

  get readyState(): string {
    if (this.connecting) return 'opening'
    if (this.#connection === undefined || this.destroyed) return 'closed'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get bufferSize(): number {
    return this.writableLength
  }

  connect(...args: unknown[]): this {
    const { options, listener } = toConnectArguments(args)
    if (listener !== undefined) this.once('connect', listener)
    this.#open(options, null)
    return this
  }

  setTimeout(ms: number, listener?: Listener): this {
    this.timeout = ms
    if (listener !== undefined) {
      if (ms === 0) this.off('timeout', listener)
      else this.once('timeout', listener)
    }
    this.#moved()
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): object {
    return {}
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    this.#connection?.abort()
    return this.destroy()
  }

  override _read(): void {
    if (this.connecting) this.#onConnected.push(() => this.#connection?.pull())
    else this.#connection?.pull()
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    if (this.connecting) this.#onConnected.push(() => this.#write(chunk, done))
    else this.#write(chunk, done)
  }

  #write(chunk: Uint8Array, done: Done): void {
    const connection = this.#connection
    if (connection === undefined)
      return done(toError('This socket has been ended by the other party', 'EPIPE'))
    this.bytesWritten += chunk.length
    this.#moved()
    if (chunk.length === 0 || connection.write(chunk)) done()
    else this.#onRoom = done
  }

  override _final(done: Done): void {
    const finish = (): void => {
      this.#connection?.finish()
      done()
    }
    if (this.connecting) this.#onConnected.push(finish)
    else finish()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false
    this.#onConnected = []
    clearTimeout(this.#timer)
    if (!this.#isAdopted) {
      if (error === null) this.#connection?.close()
      else this.#connection?.abort()
    }
    this.#connection = undefined
    done(error)
    queueMicrotask(() => this.emit('close', error !== null))
  }

  #open({ host = 'localhost', port, path, timeout, signal }: ConnectOptions, tls: object | null): void {
    if (path !== undefined) throw toError('a socket of a path is not there in NANO', 'ERR_INVALID_ARG_VALUE')
    const number = Number(port)
    if (!Number.isInteger(number) || number < 0 || number > 65_535) {
      throw Object.assign(new RangeError(`Port should be >= 0 and < 65536. Received ${String(port)}.`), {
        code: 'ERR_SOCKET_BAD_PORT',
      })
    }
    listenTo(this, signal)
    if (timeout !== undefined) this.setTimeout(timeout)
    this.connecting = true
    this.remotePort = number
    this.remoteAddress = host
    this.remoteFamily = isIP(host) === 6 ? 'IPv6' : 'IPv4'
    this.#relay = new Relay(this.#port)
    this.#connection = door.connect({ hostname: host, port: number, tls, halfOpen: true }, this.#relay)
  }

  #adopt(below: Socket, terms: object): void {
    this.connecting = true
    this.#names = ['secureConnect']
    this.once('close', () => below.destroy())
    const go = (): void => {
      const connection = below.#connection
      if (connection === undefined) {
        this.destroy(toError('the socket has no connection to begin TLS on', 'ENOTCONN'))
      } else if (below.writableLength > 0) below.once('drain', go)
      else {
        below.#isAdopted = true
        this.#connection = connection
        this.remoteAddress = below.remoteAddress
        this.remotePort = below.remotePort
        below.#relay?.handOver(this.#port, () => undefined)
        connection.secure(terms)
      }
    }
    if (below.connecting) below.#onConnected.push(go)
    else go()
  }

  #ready(protocol: string): void {
    this.connecting = false
    this.protocol = protocol
    this.#moved()
    const waiting = this.#onConnected
    this.#onConnected = []
    for (const name of this.#names) this.emit(name)
    for (const go of waiting) go()
  }

  #take(bytes: Uint8Array): void {
    this.bytesRead += bytes.length
    this.#moved()
    this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  /** The time that nothing may happen begins anew. */
  #moved(): void {
    clearTimeout(this.#timer)
    if (this.timeout > 0) this.#timer = setTimeout(() => this.emit('timeout'), this.timeout)
  }
}

/** The arguments that `connect` takes: options, or a port and a host, and a listener. */
export function toConnectArguments(args: readonly unknown[]): {
  options: ConnectOptions
  listener: Listener | undefined
} {
  const given = [...args]
  const last = given.at(-1)
  const listener = typeof last === 'function' ? (given.pop() as Listener) : undefined
  const [first, host] = given
  if (typeof first === 'object' && first !== null) return { options: first, listener }
  const isPath = typeof first === 'string' && !(Number(first) >= 0)
  if (isPath) return { options: { path: first }, listener }
  const options = { port: first as number, ...(typeof host === 'string' && { host }) }
  return { options, listener }
}

function listenTo(socket: Socket, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  const stop = (): void => {
    socket.destroy(
      Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
        name: 'AbortError',
        code: 'ABORT_ERR',
      }),
    )
  }
  if (signal.aborted) queueMicrotask(stop)
  else signal.addEventListener('abort', stop, { once: true })
}

function toError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code })
}
