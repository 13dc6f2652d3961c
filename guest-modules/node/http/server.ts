/**
 * `Server`: an app's own, without a socket. It listens on a port by name alone; requests come to the app's fetch handler, which
 * hands them on by that port (`cloudflare:node`).
 *
 *     made  --listen-->  listening  --close-->  closed
 */

import { EventEmitter } from '../events.ts'
import { isIP } from '../net/addresses.ts'
import { IncomingMessage } from './incoming-message.ts'
import { coded } from './coded.ts'
import { MessageSocket } from './message-socket.ts'
import { ServerResponse } from './server-response.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Those that listen. Of several on one port, each with an address of its own, the first has the requests. */
const listening = new Set<Server>()
/** Of servers that do not care. */
const FIRST_FREE_PORT = 49_152
/** Where a request comes from that the app has made itself. */
const OWN = '127.0.0.1'
/** The address of a server that names none. */
const ANY = '::'

export class Server extends EventEmitter {
  timeout = 0
  keepAliveTimeout = 5000
  headersTimeout = 60_000
  requestTimeout = 300_000
  maxHeadersCount: number | null = null
  maxRequestsPerSocket = 0
  #port: number | undefined
  #host = ANY

  constructor(...args: unknown[]) {
    super()
    const listener = args.find((each) => typeof each === 'function')
    if (listener !== undefined) this.on('request', listener as Listener)
  }

  get listening(): boolean {
    return this.#port !== undefined
  }

  /** A port, or options with one; a path of a socket is none. */
  listen(...args: unknown[]): this {
    if (this.#port !== undefined)
      throw coded(
        'ERR_SERVER_ALREADY_LISTEN',
        new Error('Listen method has been called more than once without closing.'),
      )
    const [first] = args
    const wanted = typeof first === 'object' && first !== null ? (first as { port?: unknown }).port : first
    const port = Number(typeof wanted === 'function' ? 0 : (wanted ?? 0)) || findFreePort()
    const host = toAddress(first, args[1])
    const isTaken = (other: Server) =>
      other.#port === port && (other.#host === host || other.#host === ANY || host === ANY)
    if ([...listening].some(isTaken)) {
      const error = new Error(`listen EADDRINUSE: address already in use ${host}:${port}`)
      queueMicrotask(() => this.emit('error', coded('EADDRINUSE', error)))
      return this
    }
    listening.add(this)
    this.#port = port
    this.#host = host
    const callback = args.find((each) => typeof each === 'function')
    if (callback !== undefined) this.once('listening', callback as () => void)
    queueMicrotask(() => this.emit('listening'))
    return this
  }

  address(): { readonly address: string; readonly family: string; readonly port: number } | null {
    if (this.#port === undefined) return null
    return { address: this.#host, family: isIP(this.#host) === 4 ? 'IPv4' : 'IPv6', port: this.#port }
  }

  close(callback?: (error?: Error) => void): this {
    const error =
      this.#port === undefined
        ? coded('ERR_SERVER_NOT_RUNNING', new Error('Server is not running.'))
        : undefined
    listening.delete(this)
    this.#port = undefined
    queueMicrotask(() => {
      callback?.(error)
      if (error === undefined) this.emit('close')
    })
    return this
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms
    if (callback !== undefined) this.on('timeout', callback)
    return this
  }

  closeAllConnections(): void {}
  closeIdleConnections(): void {}
  getConnections(callback: (error: Error | null, count: number) => void): void {
    callback(null, 0)
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.close(resolve))
  }

  /** Has the app's listeners answer it. */
  answer(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const remoteAddress = request.headers.get('cf-connecting-ip') ?? OWN
    const socket = new MessageSocket({ remoteAddress, encrypted: url.protocol === 'https:' })
    const message = new IncomingMessage(socket)
    message.method = request.method
    message.url = `${url.pathname}${url.search}`
    message.receive(request.headers, request.body)
    message.headers['host'] ??= url.host
    // what says that there is a body, as parsers of bodies ask for it
    if (request.body !== null && !request.headers.has('content-length'))
      message.headers['transfer-encoding'] ??= 'chunked'
    const response = new ServerResponse(message)
    const answered = response.answered()
    response.once('close', () => message.destroy())
    if (!this.emit('request', message, response))
      throw new Error(
        'expected a listener for requests of this server: createServer(listener), or on("request", listener)',
      )
    return answered
  }
}

/** The server that listens on the port. */
export function findServer(port: number): Server {
  const server = findListening(port)
  if (server !== undefined) return server
  const known = Array.from(listening, (each) => each.address()?.port).join(', ') || 'none'
  throw coded(
    'ERR_INVALID_ARG_VALUE',
    new Error(`expected a port that a server of this app listens on (${known}), got ${port}`),
  )
}

/** Of `listen({ host })` and `listen(port, host)`. */
function toAddress(first: unknown, second: unknown): string {
  const host = typeof first === 'object' && first !== null ? (first as { host?: unknown }).host : second
  if (typeof host !== 'string') return ANY
  return isIP(host) === 0 ? '127.0.0.1' : host
}

function findListening(port: number): Server | undefined {
  return [...listening].find((server) => server.address()?.port === port)
}

function findFreePort(): number {
  let port = FIRST_FREE_PORT
  while (findListening(port) !== undefined) port++
  return port
}
