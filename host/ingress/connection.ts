/**
 * One connection: in which order its requests are begun, and how it comes to its end.
 *
 *     a request     arrives --> waits --at its turn--> begun --its answer is out--> over
 *                                  \--the connection ends first--> dropped; it never was a tenant's
 *
 *     a connection  open --an answer that ends it, or bytes that are no request--> ending
 *                   ending --the last answer is out--> lingering (linger.ts) --> closed
 *                   a client that leaves, or is cut, closes it from every state
 *
 * Holds: at most one request is begun and not answered. The others wait here and cost no tenant anything; Node keeps
 * their order, as it gives the socket to one response after the other. Once `isEnding` is set, nothing that arrives is
 * answered or reaches a tenant; what arrived whole before is.
 *
 * What waits is bounded. With more than MAX_WAITING nothing more is read until half of them are begun; those that came
 * in the same read take places that all connections share, and whoever finds none left is cut. A socket that is not
 * read does not tell that its client has left, so one that stands still is read again now and then.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import type { ErrorCode } from '../errors.ts'
import type { TlsFacts } from '../http/request-head.ts'
import type { Peer } from './guest-headers.ts'
import type { Seen, Wait, Watched } from './idle-watch.ts'
import { toSent } from './progress.ts'
import { toClientKey } from './trusted-proxies.ts'
import type { Client, TrustedProxies } from './trusted-proxies.ts'

/** The request whose body is still coming. */
export interface IncompleteRequest {
  /** All of the body has come. */
  readonly isComplete: boolean
  /** The rest cannot be read. `text`: for the tenant's log; undefined when the client just left. */
  breakOff(code: ErrorCode, text?: string): void
}

/** What the connections of one server share. */
export interface Shared {
  proxies: TrustedProxies
  /** How long a client may leave an answer of the host's own unread. */
  unreadMs: number
  /** Requests that wait beyond their connection's own places. */
  surplus: number
}

/** More than a client has under way that sends its requests ahead. */
const MAX_WAITING = 16
/** A waiting request costs two kilobytes beside its head. */
const MAX_SURPLUS = 8192
const PEEK_MS = 1000

/** A client's connection. */
export class Connection implements Peer, Watched {
  readonly address: string
  /** Undefined: it is not encrypted. */
  readonly tls: TlsFacts | undefined
  readonly idleMs: number
  seen: Seen | undefined
  isEnding = false
  incomplete: IncompleteRequest | undefined
  /** Its other end. */
  readonly #client: Client
  readonly #socket: Socket
  readonly #shared: Shared
  /** Who was asked last whether the other end is a proxy, and what they said. */
  #asked: TrustedProxies | undefined
  #isTrusted = false
  #waiting = 0
  /** Those of them that take shared places. */
  #surplus = 0
  /** The last one of those that wait. */
  #latest: IncomingMessage | undefined
  /** Runs while the socket is not read. */
  #peeks: NodeJS.Timeout | undefined

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket
    this.#shared = shared
    socket.once('close', this.#onClose)
    this.address = toPlain(socket.remoteAddress ?? 'unknown')
    this.#client = { key: toClientKey(this.address), address: this.address }
    this.idleMs = shared.unreadMs
    this.tls = socket instanceof TLSSocket ? toTlsFacts(socket) : undefined
  }

  get scheme(): 'http' | 'https' {
    return this.tls === undefined ? 'http' : 'https'
  }

  /** Whether the other end is a proxy that is believed. */
  get isTrusted(): boolean {
    const { proxies } = this.#shared
    if (this.#asked !== proxies) {
      this.#asked = proxies
      this.#isTrusted = proxies.has(this.address)
    }
    return this.#isTrusted
  }

  /** The client of a request. */
  toClient(rawHeaders: readonly string[]): Client {
    return this.isTrusted ? this.#shared.proxies.toForwarded(rawHeaders, this.#client) : this.#client
  }

  /** Call `begin` when all answers before this one are out; the response does not have its socket until then. */
  wait(outgoing: ServerResponse, begin: () => void): void {
    const incoming = outgoing.req
    this.#latest = incoming
    if (++this.#waiting > MAX_WAITING) this.#takePlace()
    outgoing.once('socket', () => {
      // Node has not done with the answer before
      process.nextTick(() => {
        this.#leave()
        // a request that broke off within gets its error where it stands
        if (!this.#socket.destroyed && (!this.isEnding || incoming.complete)) begin()
      })
    })
  }

  #leave(): void {
    this.#waiting--
    if (this.#surplus > 0) {
      this.#surplus--
      this.#shared.surplus--
    }
    if (this.#waiting === 0) this.#latest = undefined
    if (this.#waiting <= MAX_WAITING / 2) this.#readOn()
  }

  #takePlace(): void {
    if (this.#shared.surplus >= MAX_SURPLUS) {
      this.isEnding = true
      this.#socket.destroy()
      return
    }
    this.#surplus++
    this.#shared.surplus++
    if (this.#peeks !== undefined) return
    this.#peeks = setInterval(this.#peek, PEEK_MS).unref()
    this.#socket.pause()
    this.#socket.on('resume', this.#stay)
  }

  #readOn(): void {
    if (this.#peeks === undefined) return
    clearInterval(this.#peeks)
    this.#peeks = undefined
    this.#socket.off('resume', this.#stay)
    this.#socket.resume()
  }

  /** Whoever reads a body that is here already starts the socket again; so does the end, which may. */
  readonly #stay = (): void => {
    if (!this.#socket.writableEnded) this.#socket.pause()
  }

  /** The next request that arrives stops it again, and so does a body that is not read. */
  readonly #peek = (): void => {
    const latest = this.#latest
    if (latest === undefined) return
    if (latest.complete || latest.readableLength < latest.readableHighWaterMark) this.#readOn()
  }

  readonly #onClose = (): void => {
    clearInterval(this.#peeks)
    this.#shared.surplus -= this.#surplus
    this.#surplus = 0
  }

  // of an answer of the host's own

  look(): Wait | undefined {
    return this.#socket.destroyed || this.#socket.writableLength === 0 ? undefined : 'reader'
  }

  toProgress(): number {
    return toSent(this.#socket)
  }

  idled(): void {
    this.#socket.destroy()
  }
}

/** The open connections of one server. */
export class Connections {
  readonly #bySocket = new WeakMap<Socket, Connection>()
  readonly #shared: Shared

  constructor(shared: Omit<Shared, 'surplus'>) {
    this.#shared = { ...shared, surplus: 0 }
  }

  /** From now on this holds: of open connections, too, who is trusted. */
  configure({ proxies, unreadMs }: Omit<Shared, 'surplus'>): void {
    this.#shared.proxies = proxies
    this.#shared.unreadMs = unreadMs
  }

  add(socket: Socket): void {
    this.#bySocket.set(socket, new Connection(socket, this.#shared))
  }

  get(socket: Socket): Connection | undefined {
    return this.#bySocket.get(socket)
  }
}

function toTlsFacts(socket: TLSSocket): TlsFacts {
  return { version: socket.getProtocol() ?? '', cipher: socket.getCipher().standardName }
}

/** IPv4 as such, also where it comes in over a socket for both families. */
function toPlain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
