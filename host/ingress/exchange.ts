/**
 * One request and its response, as the tenant sees them. Holds at all times: the client gets exactly one answer or its
 * connection is cut; after that, and after the client has gone, everything that the guest still says is ignored; the
 * listener hears `clientGone` at most once, and never after the guest has finished its response.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { toRequestLine } from '../tenant/log.ts'
import type { Connection, IncompleteRequest } from './connection.ts'
import { toGuestHeaders } from './guest-headers.ts'
import { HeldBytes } from './held-bytes.ts'
import type { IdleWatch, Wait, Watched } from './idle-watch.ts'
import { toSent } from './progress.ts'
import { RequestBody } from './request-body.ts'
import type { BodyOwner } from './request-body.ts'
import { toMaxBody } from './head-sizes.ts'
import type { HeadSizes } from './head-sizes.ts'
import { cut, endEarly, sendError, sendWhole, startStream } from './response.ts'
import type { Responder } from './response.ts'

/** What an exchange shares with all others of its server. */
export interface IngressState {
  readonly responder: Responder
  readonly idle: IdleWatch
}

/** What an exchange needs of its tenant. */
export interface TenantPort {
  readonly limits: Limits
  readonly buffers: ByteBudget
  /** Something was refused: it is counted and told to the log. */
  refused(code: ErrorCode, request: string, text: string): void
}

/** A request that a tenant is to answer. */
export interface HttpRequest {
  readonly id: string
  readonly connection: Connection
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Absolute. */
  readonly url: string
  readonly scheme: 'http' | 'https'
  readonly head: HeadSizes
  /** The whole body when it was collected; `'streamed'`: it is still to be read; `'unwanted'`: it is thrown away. */
  readonly body: Uint8Array | 'streamed' | 'unwanted' | undefined
}

type State =
  /** No answer yet. */
  | 'open'
  /** The head is out, body bytes may follow. */
  | 'streaming'
  /** A streamed answer that has no body for the client: the next write tells the guest that nobody reads. */
  | 'unread'
  /** The connection was cut in the middle of the answer; the guest hears of it when the socket has closed. */
  | 'cut'
  /** Nothing more goes to this client. */
  | 'closed'

const BYTES_PER_MB = 1024 * 1024

const TOO_MUCH = 'more waits for slow clients than the host may hold for the app'

export class HttpExchange implements Exchange, Watched, BodyOwner, IncompleteRequest {
  readonly id: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array

  readonly #context: IngressState
  readonly #tenant: TenantPort
  readonly #connection: Connection
  readonly #outgoing: ServerResponse
  readonly #body: RequestBody | undefined
  readonly #held: HeldBytes
  #listener: ExchangeListener | undefined
  #state: State = 'open'
  #waitsForDrain = false
  /** Body bytes that the guest has streamed. */
  #written = 0

  constructor(context: IngressState, tenant: TenantPort, arrival: HttpRequest) {
    const { id, connection, incoming, outgoing, url, scheme, head, body } = arrival
    this.#context = context
    this.#tenant = tenant
    this.#connection = connection
    this.id = id
    this.#outgoing = outgoing
    this.#held = new HeldBytes(outgoing, tenant.buffers)
    const { rawHeaders } = incoming
    this.client = connection.toClient(rawHeaders)
    this.method = incoming.method ?? 'GET'
    this.url = url
    this.headers = toGuestHeaders(rawHeaders, connection, scheme)
    this.hasBody = body !== undefined && body !== 'unwanted'
    if (body === 'streamed' || body === 'unwanted') {
      // the parser holds a body to the length that its head tells
      const maxBytes = head.bodySize === undefined ? toMaxBody(tenant.limits) : head.bodySize
      this.#body = new RequestBody(incoming, maxBytes, this)
      connection.incomplete = this
      if (body === 'unwanted') this.#body.cancel()
    } else if (body !== undefined) this.smallBody = body
  }

  get isComplete(): boolean {
    return this.#outgoing.req.complete
  }

  get idleMs(): number {
    return this.#tenant.limits.idleMs
  }

  /** Who hears what happens from here on. Called once, right after the tenant has taken the exchange. */
  attach(listener: ExchangeListener): void {
    this.#listener = listener
    this.#outgoing.on('close', () => this.#onClose())
    if (this.#state === 'closed') return
    this.#body?.attach(listener)
  }

  // the tenant's side

  pullBody(): void {
    this.#body?.pull()
  }

  cancelBody(): void {
    this.#body?.cancel()
  }

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    const size = body.byteLength
    if (size > this.#maxResponse) return this.#refuse('APP_RESPONSE_TOO_LARGE', `${size} bytes`)
    if (!this.#tenant.buffers.hasRoom(headers.byteLength + size)) {
      return this.#refuse('APP_BUFFER_LIMIT', TOO_MUCH)
    }
    const refused = sendWhole(this.#context.responder, this.#outgoing, status, headers, body)
    if (refused === undefined) this.#hold()
    else this.#refuse('APP_BAD_RESPONSE', refused)
  }

  start(status: number, headers: Uint8Array): void {
    if (this.#state !== 'open') return
    const started = startStream(this.#context.responder, this.#outgoing, status, headers)
    this.#state = started === 'streaming' ? 'streaming' : 'unread'
    this.#context.idle.add(this)
    if (typeof started !== 'string') this.#refuse('APP_BAD_RESPONSE', started.refused)
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === 'unread') {
      this.#state = 'closed'
      const listener = this.#listener
      queueMicrotask(() => listener?.clientGone())
    }
    if (this.#state !== 'streaming' || bytes.byteLength === 0) return true
    this.#written += bytes.byteLength
    if (this.#written > this.#maxResponse) {
      this.#cut('APP_RESPONSE_TOO_LARGE', `after ${this.#written} bytes`)
      return true
    }
    const taken = this.#outgoing.write(bytes)
    if (!taken && !this.#held.update()) {
      this.#cut('APP_BUFFER_LIMIT', TOO_MUCH)
      return true
    }
    if (!taken && !this.#waitsForDrain) {
      this.#waitsForDrain = true
      this.#outgoing.once('drain', () => this.#onDrain())
    }
    return taken
  }

  finish(): void {
    const isStreaming = this.#state === 'streaming'
    if (isStreaming || this.#state === 'unread') this.#state = 'closed'
    if (!isStreaming) return
    this.#outgoing.end()
    this.#hold()
  }

  fail(code: ErrorCode, retryMs?: number): void {
    if (this.#state === 'closed' || this.#state === 'cut') return
    const unread = this.#state === 'unread'
    this.#state = 'closed'
    this.#body?.cancel()
    if (!unread) this.#sendError(code, retryMs)
  }

  // the client's side

  bodyAwaited(): void {
    this.#context.idle.add(this)
  }

  bodyTooLarge(): void {
    this.breakOff('BODY_TOO_LARGE', `more than ${this.#tenant.limits.maxBodyMb} MiB of body`)
  }

  breakOff(code: ErrorCode, text?: string): void {
    const isOver = this.#state === 'closed' || this.#state === 'cut'
    // the connection has its end already, and its client the time to read why
    if (isOver && this.#connection.isEnding) return
    if (text !== undefined) this.#note(code, text)
    if (this.#state === 'open') {
      this.#state = 'closed'
      sendError(this.#context.responder, this.#outgoing, code, { request: this.id, ends: this.#connection })
    } else {
      if (!isOver) this.#state = 'closed'
      endEarly(this.#outgoing, this.#connection)
    }
    if (isOver) return
    const body = this.#body
    const listener = this.#listener
    // the guest may be asking for the body just now
    queueMicrotask(() => {
      body?.fail()
      listener?.clientGone()
    })
  }

  // what the connection waits for

  look(): Wait | undefined {
    const outgoing = this.#outgoing
    const isUnread = this.#state === 'unread'
    if (!isUnread && (outgoing.req.socket.destroyed || outgoing.writableFinished)) return undefined
    if (!this.#held.update()) {
      this.#cut('APP_BUFFER_LIMIT', TOO_MUCH)
      return undefined
    }
    if (outgoing.writableLength > 0) return 'reader'
    if (this.#state === 'closed' || this.#state === 'cut') return undefined
    if (this.#body?.isAwaited === true) return 'sender'
    return this.#state === 'open' ? 'nothing' : 'app'
  }

  toProgress(wait: Wait): number {
    if (wait === 'reader') return toSent(this.#outgoing.req.socket)
    return wait === 'sender' ? this.#outgoing.req.socket.bytesRead : this.#written
  }

  idled(wait: Exclude<Wait, 'nothing'>): void {
    const text = `nothing came for ${this.idleMs} ms`
    if (wait === 'sender') this.breakOff('REQUEST_TIMEOUT', text)
    else if (this.#state === 'unread') this.#giveUp(text)
    else if (wait === 'app') this.#cut('APP_IDLE', text)
    else this.#cut('CLIENT_IDLE', `nothing was taken for ${this.idleMs} ms`)
  }

  get #maxResponse(): number {
    return (this.#tenant.limits.maxResponseMb ?? Infinity) * BYTES_PER_MB
  }

  #sendError(code: ErrorCode, retryMs?: number): void {
    sendError(this.#context.responder, this.#outgoing, code, { request: this.id, retryMs })
    this.#hold()
  }

  /** What the connection did not take at once, head included, is on the tenant's account until its client takes it. */
  #hold(): void {
    if (this.#outgoing.writableLength === 0) return
    if (this.#held.update()) this.#context.idle.add(this)
    else this.#cut('APP_BUFFER_LIMIT', TOO_MUCH)
  }

  /** The app says nothing more to an answer that is out. */
  #giveUp(text: string): void {
    this.#state = 'closed'
    this.#note('APP_IDLE', text)
    this.#listener?.clientGone()
  }

  #refuse(code: ErrorCode, reason: string): void {
    this.#sendError(code)
    this.#note(code, reason)
  }

  #cut(code: ErrorCode, reason: string): void {
    if (this.#state === 'streaming') this.#state = 'cut'
    cut(this.#outgoing)
    this.#note(code, reason)
  }

  #note(code: ErrorCode, reason: string): void {
    this.#tenant.refused(code, this.id, `${toRequestLine(this.method, this.url)}: ${code}: ${reason}`)
  }

  #onDrain(): void {
    this.#waitsForDrain = false
    this.#held.update()
    if (this.#state === 'streaming') this.#listener?.writable()
  }

  #onClose(): void {
    this.#held.release()
    if (this.isComplete && this.#connection.incomplete === this) this.#connection.incomplete = undefined
    // a bodiless answer closes by itself; what the guest does next is its own end or a write
    if (this.#state === 'unread' && this.#outgoing.writableFinished) return
    this.#context.idle.delete(this)
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#body?.fail()
    this.#listener?.clientGone()
  }
}
