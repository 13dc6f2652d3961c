/**
 * One request and its response, as the tenant sees them: the request's head as data, its body (request-body.ts), its
 * answer (client-response.ts), and the listener for what happens to them.
 *
 * Holds: the listener hears `clientGone` at most once, and never after the guest has finished its response; after the
 * answer, and after the client has gone, everything that the guest still says is ignored.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { ErrorCode } from '../errors.ts'
import type { TlsFacts } from '../http/request-head.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { toRequestLine } from '../tenant/log.ts'
import { ClientResponse, toIdleText } from './client-response.ts'
import type { ResponseOwner } from './client-response.ts'
import type { Connection, IncompleteRequest } from './connection.ts'
import type { IngressState, RoutedTenant } from './contract.ts'
import { toGuestHeaders, withTraceparent } from './guest-headers.ts'
import { toMaxBody } from './head-sizes.ts'
import type { HeadSizes } from './head-sizes.ts'
import type { Seen, Wait, Watched } from './idle-watch.ts'
import { toRecord } from './request-record.ts'
import { BROKEN } from '../web-socket/line.ts'
import type { Side } from '../web-socket/line.ts'
import { RequestBody } from './request-body.ts'
import type { BodyOwner } from './request-body.ts'
import { UPGRADED } from './response-head.ts'
import type { Offer } from './upgrades.ts'

/** A request that a tenant is to answer, as the ingress has it. */
export interface HttpRequest {
  readonly id: string
  readonly connection: Connection
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Absolute. */
  readonly url: string
  readonly scheme: 'http' | 'https'
  /** When its head was there, in milliseconds of `performance.now()`. */
  readonly since: number
  readonly sizes: HeadSizes
  /** The whole body when it was collected; `'streamed'`: it is still to be read; `'unwanted'`: it is thrown away. */
  readonly body: Uint8Array | 'streamed' | 'unwanted' | undefined
  /** Given when it asks for a WebSocket. */
  readonly offer?: Offer | undefined
}

export class HttpExchange implements Exchange, ResponseOwner, BodyOwner, IncompleteRequest, Watched {
  readonly id: string
  readonly since: number
  readonly client: string
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array
  readonly tls: TlsFacts | undefined
  readonly trace: RequestTrace | undefined
  readonly upgrade: Exchange['upgrade']
  seen: Seen | undefined

  readonly #ingress: IngressState
  readonly #tenant: RoutedTenant
  readonly #connection: Connection
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  readonly #body: RequestBody | undefined
  readonly #response: ClientResponse
  #listener: ExchangeListener | undefined

  constructor(ingress: IngressState, tenant: RoutedTenant, request: HttpRequest) {
    const { id, connection, incoming, outgoing, url, scheme, since, sizes, body, offer } = request
    const { rawHeaders } = incoming
    this.#ingress = ingress
    this.#tenant = tenant
    this.#connection = connection
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.since = since
    this.#response = new ClientResponse(ingress, tenant, outgoing, this)
    this.id = id
    const client = connection.toClient(rawHeaders)
    this.client = client.key
    this.method = incoming.method ?? 'GET'
    this.url = url
    this.tls = connection.tls
    const { isTrusted } = connection
    this.trace = ingress.tracer?.begin({ id, method: this.method, rawHeaders, since, isTrusted })
    const facts = {
      id,
      scheme,
      client: client.address,
      protocol: `HTTP/${incoming.httpVersion}`,
      tls: connection.tls,
      isUpgrade: offer !== undefined,
    }
    this.upgrade = offer && ((lines, side) => this.#upgrade(offer, lines, side))
    const headers = toGuestHeaders(rawHeaders, connection, facts)
    this.headers = this.trace === undefined ? headers : withTraceparent(headers, this.trace.context)
    this.hasBody = body !== undefined && body !== 'unwanted'
    if (body === 'streamed' || body === 'unwanted') {
      // the parser holds a body to the length that its head tells
      this.#body = new RequestBody(incoming, sizes.bodySize ?? toMaxBody(tenant.limits), this)
      connection.incomplete = this
      if (body === 'unwanted') this.#body.cancel()
    } else if (body !== undefined) this.smallBody = body
  }

  /** Hand it to the tenant. Called once. */
  open(): void {
    const listener = this.#tenant.handle(this)
    this.#listener = listener
    this.#outgoing.on('close', () => this.#onClose())
    if (!this.#response.isOver) this.#body?.attach(listener)
  }

  // the tenant's side

  pullBody(): void {
    this.#body?.pull()
  }

  cancelBody(): void {
    this.#body?.cancel()
  }

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    this.#response.send(status, headers, body)
  }

  start(status: number, headers: Uint8Array): void {
    this.#response.start(status, headers)
  }

  write(bytes: Uint8Array): boolean {
    return this.#response.write(bytes)
  }

  finish(): void {
    this.#response.finish()
  }

  #upgrade(offer: Offer, lines: Uint8Array, side: Side): void {
    const headers = this.#response.upgrade(lines)
    if (headers === undefined) return side.closed(BROKEN)
    const { buffers, limits } = this.#tenant
    const own = ['X-Request-ID', this.id]
    this.#ingress.upgrades.accept(offer, {
      headers: [...headers, ...own],
      side,
      buffers,
      limits,
      client: this.client,
    })
    this.#onClose(UPGRADED)
  }

  fail(code: ErrorCode, retryMs?: number): void {
    if (this.#response.isOver) return
    this.#body?.cancel()
    this.#response.fail(code, retryMs)
  }

  // the response's side

  responseWaits(): void {
    this.#ingress.idle.add(this)
  }

  responseWritable(): void {
    this.#listener?.writable()
  }

  responseUnread(): void {
    this.#listener?.clientGone()
  }

  responseRefused(code: ErrorCode, reason: string): void {
    this.#tenant.refused(code, this.id, `${toRequestLine(this.method, this.url)}: ${code}: ${reason}`)
  }

  // the request's side

  get isComplete(): boolean {
    return this.#incoming.complete
  }

  bodyAwaited(): void {
    this.#ingress.idle.add(this)
  }

  bodyTooLarge(): void {
    this.breakOff('BODY_TOO_LARGE', `expected a body of at most ${this.#tenant.limits.maxBodyMb} MiB`)
  }

  breakOff(code: ErrorCode, reason?: string): void {
    const wasOver = this.#response.isOver
    // the connection has its end already, and its client the time to read why
    if (wasOver && this.#connection.isEnding) return
    if (reason !== undefined) this.responseRefused(code, reason)
    this.#response.breakOff(code, this.#connection)
    // the guest may be asking for the body just now
    if (!wasOver) queueMicrotask(() => this.#lose())
  }

  // what the connection waits for

  get idleMs(): number {
    return this.#tenant.limits.idleMs
  }

  look(): Wait | undefined {
    const wait = this.#response.look()
    const isApp = wait === 'app' || wait === 'nothing'
    return isApp && this.#body?.isAwaited === true ? 'sender' : wait
  }

  toProgress(wait: Wait): number {
    return wait === 'sender' ? this.#incoming.socket.bytesRead : this.#response.toProgress(wait)
  }

  idled(wait: Exclude<Wait, 'nothing'>): void {
    if (wait === 'sender') this.breakOff('REQUEST_TIMEOUT', toIdleText(this.idleMs))
    else this.#response.idled(wait, this.idleMs)
  }

  /** `status`: of an answer that the connection has got from somebody else. */
  #onClose(status?: number): void {
    if (this.trace !== undefined) this.#endTrace(this.trace, status)
    this.#record(status)
    const end = this.#response.close()
    if (this.isComplete && this.#connection.incomplete === this) this.#connection.incomplete = undefined
    // a bodiless answer closes by itself, and its guest may still fall idle
    if (end === 'unread') return
    this.#ingress.idle.delete(this)
    if (end === 'lost') this.#lose()
  }

  /** Span attributes of the semantic conventions for HTTP servers, and which app it was. */
  #endTrace(trace: RequestTrace, status?: number): void {
    const { pathname, protocol, hostname } = new URL(this.url)
    trace.end(status ?? (this.#outgoing.headersSent ? this.#outgoing.statusCode : 0), {
      'http.request.method': this.method,
      'url.scheme': protocol.slice(0, -1),
      'url.path': pathname,
      'server.address': hostname,
      'nano.tenant': this.#tenant.name,
      'nano.version': this.#tenant.versionLabel,
      'nano.request': this.id,
    })
  }

  #record(status?: number): void {
    const { onRequest } = this.#ingress
    if (onRequest === undefined) return
    const { name, version } = this.#tenant
    const ended = {
      app: name,
      version,
      request: this.id,
      bytes: this.#response.bodyBytes,
      cpuMs: this.#listener?.cpuMs ?? 0,
      isCold: this.#listener?.isCold ?? false,
      connection: this.#connection,
      since: this.since,
      status,
    }
    onRequest(toRecord(this.#outgoing, ended))
  }

  /** Nothing more comes from the client, nor goes to it. */
  #lose(): void {
    this.#body?.fail()
    this.#listener?.clientGone()
  }
}
