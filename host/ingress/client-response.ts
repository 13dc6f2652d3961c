/**
 * What one client gets: exactly one answer, or a connection that is cut.
 *
 *     open       --send, upgrade, fail, break-off-->  closed
 *     open       --start-->  streaming       with a body
 *     open       --start-->  unread          without one: a HEAD request, a bodiless status, an invalid head
 *     streaming  --finish, fail, break-off-->  closed
 *     streaming  --too much, too slow, not as long as announced-->  cut
 *     unread     --finish, fail, break-off, a write, idle-->  closed
 *     open, streaming, cut  --the socket closed-->  closed, and the guest hears of it
 *
 * - open: nothing has been sent; whoever speaks first decides.
 * - streaming: the head is out, body bytes may follow.
 * - unread: the answer is complete although the guest has more to write; the first write tells it that nobody reads.
 * - cut: the connection is being closed in the middle of the answer.
 * - closed: nothing more goes to this client, and whatever the guest says is ignored.
 *
 * Bytes that the client has not taken are on the tenant's byte budget, from every state.
 */

import type { ServerResponse } from 'node:http'

import { toStatus } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { cut, endEarly } from './connection-end.ts'
import type { Connection } from './connection.ts'
import type { IngressState, RoutedTenant } from './contract.ts'
import { HeldBytes } from './held-bytes.ts'
import type { Wait } from './idle-watch.ts'
import { toSent } from './progress.ts'
import { parseHeaders, UPGRADED } from './response-head.ts'
import { sendError, sendWhole, startStream } from './response-writer.ts'

type State = 'open' | 'streaming' | 'unread' | 'cut' | 'closed'

/** What a response tells the exchange that it belongs to. */
export interface ResponseOwner {
  readonly id: string
  /** When its head was there, in milliseconds of `performance.now()`. */
  readonly since: number
  /** It may have to wait, for its client or for the app. */
  responseWaits(): void
  /** The client takes bytes again. */
  responseWritable(): void
  /** Nobody reads what the guest still writes. */
  responseUnread(): void
  /** The client got something else than what the guest said. */
  responseRefused(code: ErrorCode, reason: string): void
}

/** Whose response it is. */
type AnsweringTenant = Pick<RoutedTenant, 'limits' | 'buffers' | 'counts'>

const BYTES_PER_MB = 1024 * 1024
/** The client left before there was one. */
const NO_STATUS = 0
const TOO_MUCH = 'more data waits for slow clients than buffer_mb of the app allows'

export class ClientResponse {
  readonly #ingress: IngressState
  readonly #tenant: AnsweringTenant
  readonly #owner: ResponseOwner
  readonly #outgoing: ServerResponse
  readonly #held: HeldBytes
  #state: State = 'open'
  #waitsForDrain = false
  /** Bytes that the body is to have, if the client was told so. */
  #announced: number | undefined
  /** Body bytes that were given to the connection. */
  #written = 0

  constructor(
    ingress: IngressState,
    tenant: AnsweringTenant,
    outgoing: ServerResponse,
    owner: ResponseOwner,
  ) {
    this.#ingress = ingress
    this.#tenant = tenant
    this.#owner = owner
    this.#outgoing = outgoing
    this.#held = new HeldBytes(outgoing, tenant.buffers)
  }

  /** Nothing more goes to the client, though bytes may still be under way. */
  get isOver(): boolean {
    return this.#state === 'closed' || this.#state === 'cut'
  }

  /** Of the body; they may still be under way. */
  get bodyBytes(): number {
    return this.#written
  }

  // what the guest says, or the tenant in its place

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    const size = body.byteLength
    if (size > this.#maxBytes) return this.#refuse('APP_RESPONSE_TOO_LARGE', `${size} bytes`)
    if (!this.#tenant.buffers.hasRoom(headers.byteLength + size)) {
      return this.#refuse('APP_BUFFER_LIMIT', TOO_MUCH)
    }
    const sent = sendWhole(this.#ingress, this.#outgoing, status, headers, body, this.#owner.id)
    if (typeof sent === 'string') return this.#refuse('APP_BAD_RESPONSE', sent)
    this.#written = sent
    this.#count(status)
    this.#hold()
  }

  /** The connection goes on as a WebSocket. Gives the headers that go with it; undefined: it does not, and the client is told. */
  upgrade(lines: Uint8Array): readonly string[] | undefined {
    if (this.#state !== 'open') return undefined
    this.#state = 'closed'
    const head = parseHeaders(lines)
    if (typeof head !== 'string') {
      this.#count(UPGRADED)
      return head.headers
    }
    this.#refuse('APP_BAD_RESPONSE', head)
    return undefined
  }

  start(status: number, headers: Uint8Array): void {
    if (this.#state !== 'open') return
    const started = startStream(this.#ingress, this.#outgoing, status, headers, this.#owner.id)
    this.#state = started.state === 'refused' ? 'unread' : started.state
    this.#owner.responseWaits()
    if (started.state === 'refused') return this.#refuse('APP_BAD_RESPONSE', started.reason)
    if (started.state === 'streaming') this.#announced = started.length
    this.#count(status)
  }

  /** False: the client reads slowly, and `responseWritable` follows. */
  write(bytes: Uint8Array): boolean {
    if (this.#state === 'unread') {
      this.#state = 'closed'
      // not within the guest's write
      queueMicrotask(() => this.#owner.responseUnread())
    }
    if (this.#state !== 'streaming' || bytes.byteLength === 0) return true
    this.#written += bytes.byteLength
    if (this.#written > this.#maxBytes) {
      this.#cut('APP_RESPONSE_TOO_LARGE', `${this.#written} bytes and more`)
      return true
    }
    if (this.#written > (this.#announced ?? Infinity)) {
      this.#cut('APP_BAD_RESPONSE', this.#toMismatch())
      return true
    }
    if (this.#outgoing.write(bytes)) return true
    if (!this.#held.update()) {
      this.#cut('APP_BUFFER_LIMIT', TOO_MUCH)
      return true
    }
    if (!this.#waitsForDrain) {
      this.#waitsForDrain = true
      this.#outgoing.once('drain', () => this.#onDrain())
    }
    return false
  }

  finish(): void {
    if (this.#state === 'streaming' && this.#written < (this.#announced ?? 0)) {
      return this.#cut('APP_BAD_RESPONSE', this.#toMismatch())
    }
    const isStreaming = this.#state === 'streaming'
    if (isStreaming || this.#state === 'unread') this.#state = 'closed'
    if (!isStreaming) return
    this.#outgoing.end()
    this.#hold()
  }

  fail(code: ErrorCode, retryMs?: number): void {
    if (this.isOver) return
    const isUnread = this.#state === 'unread'
    this.#state = 'closed'
    if (!isUnread) this.#sendError(code, retryMs)
  }

  // what becomes of the connection

  /** The request cannot be read to its end: the connection ends with what can still be said. */
  breakOff(code: ErrorCode, connection: Connection): void {
    const isOpen = this.#state === 'open'
    if (!this.isOver) this.#state = 'closed'
    if (!isOpen) return endEarly(this.#outgoing, connection)
    this.#count(toStatus(code))
    const notes = { request: this.#owner.id, ends: connection }
    this.#written = sendError(this.#ingress, this.#outgoing, code, notes)
  }

  /** The socket is done with it. `lost`: the guest has to hear that nobody reads on; `unread`: not before it writes. */
  close(): 'over' | 'lost' | 'unread' {
    this.#held.release()
    if (this.#state === 'unread' && this.#outgoing.writableFinished) return 'unread'
    if (this.#state === 'closed') return 'over'
    if (this.#state === 'open') this.#count(NO_STATUS)
    this.#state = 'closed'
    return 'lost'
  }

  /** What it waits for, if it is not over. */
  look(): Exclude<Wait, 'sender'> | undefined {
    const outgoing = this.#outgoing
    const isUnread = this.#state === 'unread'
    if (!isUnread && (outgoing.req.socket.destroyed || outgoing.writableFinished)) return undefined
    if (!this.#held.update()) {
      this.#cut('APP_BUFFER_LIMIT', TOO_MUCH)
      return undefined
    }
    if (outgoing.writableLength > 0) return 'reader'
    if (this.isOver) return undefined
    return this.#state === 'open' ? 'nothing' : 'app'
  }

  toProgress(wait: 'reader' | 'app' | 'nothing'): number {
    return wait === 'reader' ? toSent(this.#outgoing.req.socket) : this.#written
  }

  idled(wait: 'reader' | 'app', idleMs: number): void {
    if (this.#state === 'unread') {
      this.#state = 'closed'
      this.#owner.responseRefused('APP_IDLE', toIdleText(idleMs))
      this.#owner.responseUnread()
    } else if (wait === 'app') this.#cut('APP_IDLE', toIdleText(idleMs))
    else this.#cut('CLIENT_IDLE', `nothing was taken for ${idleMs} ms`)
  }

  #toMismatch(): string {
    return `expected a body of ${this.#announced} bytes, as its length says, got ${this.#written}`
  }

  get #maxBytes(): number {
    return (this.#tenant.limits.maxResponseMb ?? Infinity) * BYTES_PER_MB
  }

  #refuse(code: ErrorCode, reason: string): void {
    this.#sendError(code)
    this.#owner.responseRefused(code, reason)
  }

  #sendError(code: ErrorCode, retryMs?: number): void {
    if (!this.#outgoing.headersSent) this.#count(toStatus(code))
    this.#written += sendError(this.#ingress, this.#outgoing, code, { request: this.#owner.id, retryMs })
    this.#hold()
  }

  /** The client got a head with this status, or will never get any. */
  #count(status: number): void {
    const ms = performance.now() - this.#owner.since
    this.#tenant.counts.answered(status, ms)
    if (status !== NO_STATUS) this.#ingress.answers.answered(ms)
  }

  #cut(code: ErrorCode, reason: string): void {
    if (this.#state === 'streaming') this.#state = 'cut'
    cut(this.#outgoing)
    this.#owner.responseRefused(code, reason)
  }

  /** What the connection did not take at once, head included, is on the tenant's budget until its client takes it. */
  #hold(): void {
    if (this.#outgoing.writableLength === 0) return
    if (this.#held.update()) this.#owner.responseWaits()
    else this.#cut('APP_BUFFER_LIMIT', TOO_MUCH)
  }

  #onDrain(): void {
    this.#waitsForDrain = false
    this.#held.update()
    if (this.#state === 'streaming') this.#owner.responseWritable()
  }
}

/** What the log says of somebody who should have sent something. */
export function toIdleText(idleMs: number): string {
  return `nothing was sent for ${idleMs} ms`
}
