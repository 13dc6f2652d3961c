/**
 * One request and its response, as the tenant sees them. Holds at all times: the client gets exactly one answer or its
 * connection is cut; after that, and after the client has gone, everything that the guest still says is ignored; the
 * sink hears `clientGone` at most once, and never after the guest has finished its response.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { ErrorCode } from '../errors.ts'
import type { Buffers } from '../limits/buffers.ts'
import type { Exchange, Sink } from '../tenant/exchange.ts'
import { toWire } from './header-wire.ts'
import { RequestBody } from './request-body.ts'
import { sendError, sendWhole, startStream } from './response.ts'
import type { Responder } from './response.ts'

/** What an exchange shares with all others of its server. */
export interface ExchangeContext {
  readonly responder: Responder
}

/** What an exchange needs of its tenant. */
export interface ExchangeTenant {
  readonly buffers: Buffers
  refused(code: ErrorCode, request: string, text: string): void
}

const TOO_MUCH = 'more waits for slow clients than the host may hold for the app'

type State =
  /** No answer yet. */
  | 'open'
  /** The head is out, body bytes may follow. */
  | 'streaming'
  /** A streamed answer that has no body for the client: the next write tells the guest that nobody reads. */
  | 'unread'
  /** Nothing more goes to this client. */
  | 'closed'

export class HttpExchange implements Exchange {
  readonly id: string
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array

  readonly #context: ExchangeContext
  readonly #tenant: ExchangeTenant
  readonly #outgoing: ServerResponse
  readonly #body: RequestBody | undefined
  #sink: Sink | undefined
  #state: State = 'open'
  #waitsForDrain = false
  /** Bytes that wait for the client. */
  #held = 0

  /** `body`: the whole body when it was collected, `'streamed'` when it is still to be read. */
  constructor(
    context: ExchangeContext,
    tenant: ExchangeTenant,
    id: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    url: string,
    body: Uint8Array | 'streamed' | undefined,
  ) {
    this.#context = context
    this.#tenant = tenant
    this.id = id
    this.#outgoing = outgoing
    this.method = incoming.method ?? 'GET'
    this.url = url
    this.headers = toWire(incoming.rawHeaders)
    this.hasBody = body !== undefined
    if (body === 'streamed') this.#body = new RequestBody(incoming)
    else if (body !== undefined) this.smallBody = body
  }

  /** Where events for the guest go. Called once, right after the tenant has taken the exchange. */
  attach(sink: Sink): void {
    this.#sink = sink
    if (this.#state === 'closed') return
    this.#outgoing.on('close', () => this.#onClose())
    this.#body?.attach(sink)
  }

  pullBody(): void {
    this.#body?.pull()
  }

  cancelBody(): void {
    this.#body?.cancel()
  }

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    if (this.#state !== 'open') return
    if (!this.#tenant.buffers.hasRoom(body.byteLength)) return this.#refuse('APP_BUFFER_LIMIT', TOO_MUCH)
    this.#state = 'closed'
    const refused = sendWhole(this.#context.responder, this.#outgoing, status, headers, body)
    if (refused === undefined) this.#hold()
    else this.#refuse('APP_BAD_RESPONSE', refused)
  }

  start(status: number, headers: Uint8Array): void {
    if (this.#state !== 'open') return
    const started = startStream(this.#context.responder, this.#outgoing, status, headers)
    if (started === 'streaming') this.#state = 'streaming'
    else {
      this.#state = 'unread'
      if (started !== 'no-body') this.#refuse('APP_BAD_RESPONSE', started.refused)
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === 'unread') {
      this.#state = 'closed'
      const sink = this.#sink
      queueMicrotask(() => sink?.clientGone())
    }
    if (this.#state !== 'streaming' || bytes.byteLength === 0) return true
    const taken = this.#outgoing.write(bytes)
    if (!taken && !this.#hold()) {
      this.#refuse('APP_BUFFER_LIMIT', TOO_MUCH)
      queueMicrotask(() => this.#sink?.clientGone())
      return true
    }
    if (!taken && !this.#waitsForDrain) {
      this.#waitsForDrain = true
      this.#outgoing.once('drain', () => this.#onDrain())
    }
    return taken
  }

  finish(): void {
    if (this.#state === 'streaming') this.#outgoing.end()
    if (this.#state !== 'open') this.#state = 'closed'
  }

  fail(code: ErrorCode, retryMs?: number): void {
    if (this.#state === 'closed') return
    const unread = this.#state === 'unread'
    this.#state = 'closed'
    if (!unread) this.#sendError(code, retryMs)
  }

  #sendError(code: ErrorCode, retryMs?: number): void {
    sendError(this.#context.responder, this.#outgoing, code, { request: this.id, retryMs })
  }

  #refuse(code: ErrorCode, reason: string): void {
    this.#state = 'closed'
    this.#sendError(code)
    // what follows the path may hold secrets
    const { pathname } = new URL(this.url)
    this.#tenant.refused(code, this.id, `${this.method} ${pathname}: ${code}: ${reason}`)
  }

  /** Note what the client has not taken yet; false when that is too much. */
  #hold(): boolean {
    const pending = this.#outgoing.writableLength
    if (pending === this.#held) return true
    const isRoom = pending < this.#held || this.#tenant.buffers.take(pending - this.#held)
    if (pending < this.#held) this.#tenant.buffers.give(this.#held - pending)
    if (isRoom) this.#held = pending
    return isRoom
  }

  #onDrain(): void {
    this.#waitsForDrain = false
    this.#hold()
    if (this.#state === 'streaming') this.#sink?.writable()
  }

  #onClose(): void {
    this.#tenant.buffers.give(this.#held)
    this.#held = 0
    if (this.#state === 'closed') return
    // a bodiless answer closes by itself; what the guest does next is its own end or a write
    if (this.#state === 'unread' && this.#outgoing.writableFinished) return
    this.#state = 'closed'
    this.#body?.fail()
    this.#sink?.clientGone()
  }
}
