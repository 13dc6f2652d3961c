/**
 * From a request whose turn it is to its tenant: a Hono app that finds the tenant by host name and gives it the exchange.
 *
 *     begin: malformed, odd host [400]  >  Hono  >  tenant of the host [404]  >  too large, loops [4xx, 508]
 *            >  its body, when it is small  >  exchange
 *
 * Hono gets a request of two fields instead of a `Request`, and every answer is written by response-writer.ts, after
 * which Hono is told RESPONSE_ALREADY_SENT. The ready-made Node adapter's listener would answer requests with odd targets
 * or hosts by itself, before the one place that decides about hosts has seen them.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'

import { toNanoError, toStatus } from '../errors.ts'
import type { ErrorCode, NanoError } from '../errors.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import type { Run } from '../http/request-head.ts'
import { RequestIds } from '../http/request-id.ts'
import { parseTarget } from '../http/target.ts'
import type { Target } from '../http/target.ts'
import { toRequestLine } from '../tenant/log.ts'
import { bringRun } from '../tenant/run.ts'
import { endAfterAnswer } from './connection-end.ts'
import type { Connection } from './connection.ts'
import type { IngressState, RoutedTenant } from './contract.ts'
import { HttpExchange } from './exchange.ts'
import type { HttpRequest } from './exchange.ts'
import { toScheme } from './guest-headers.ts'
import { MAX_HEADERS, toExcess, toHeadSizes } from './head-sizes.ts'
import { toRecord } from './request-record.ts'
import { SMALL_BODY_BYTES, collectBody } from './request-body.ts'
import { sendError, sendWhole } from './response-writer.ts'
import type { Offer } from './upgrades.ts'
import { toAskedRun, toRunAnswer } from './scheduled-door.ts'

export interface DispatchOptions {
  /** The shard's number: begins the ids of its requests. */
  readonly shard: number
  /** The tenant of a request for a canonical host name. */
  find(
    hostname: string,
    rawHeaders: readonly string[],
    connection: Pick<Connection, 'toClient'>,
  ): RoutedTenant | undefined
  /** Who asks may have scheduled handlers called: scheduled-door.ts. */
  readonly runsScheduled?: boolean | undefined
  /** Something failed in the host itself. */
  onError(error: NanoError): void
}

type Bindings = {
  incoming: IncomingMessage
  outgoing: ServerResponse
  connection: Connection
  target: Target
  id: string
  /** When its turn came, in milliseconds of `performance.now()`. */
  since: number
  /** Given when it asks for a WebSocket. */
  offer: Offer | undefined
}

/** A request that is answered without an exchange. */
type OwnAnswer = Pick<Bindings, 'outgoing' | 'connection' | 'id' | 'since'>

/** Methods that no app can be asked with: a guest's `Request` refuses them. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])

/** Answers the requests of one server. */
export class Dispatcher {
  readonly #ingress: IngressState
  readonly #options: DispatchOptions
  readonly #app: Hono<{ Bindings: Bindings }>
  readonly #ids: RequestIds

  constructor(ingress: IngressState, options: DispatchOptions) {
    this.#ingress = ingress
    this.#options = options
    this.#ids = new RequestIds(options.shard)
    this.#app = this.#createApp()
  }

  /** Answer a request; those before it on its connection are answered. */
  begin(outgoing: ServerResponse, connection: Connection, offer?: Offer): void {
    const since = performance.now()
    const incoming = outgoing.req
    const id = this.#ids.take(incoming.rawHeaders, connection.isTrusted)
    const scheme = toScheme(incoming.rawHeaders, connection)
    const target = toFault(incoming) ?? parseTarget(incoming.rawHeaders, toRequestTarget(incoming), scheme)
    if (typeof target === 'string') {
      return this.#sendUnrouted({ outgoing, connection, id, since }, target, connection)
    }
    const request = { method: incoming.method, url: target.url } as unknown as Request
    void this.#app.fetch(request, { incoming, outgoing, connection, target, id, since, offer })
  }

  /** Answer a request with an error of the client's, and end its connection. */
  refuse(outgoing: ServerResponse, connection: Connection, code: ErrorCode): void {
    const id = this.#ids.take(outgoing.req.rawHeaders, connection.isTrusted)
    this.#sendUnrouted({ outgoing, connection, id, since: performance.now() }, code, connection)
  }

  #createApp(): Hono<{ Bindings: Bindings }> {
    const app = new Hono<{ Bindings: Bindings }>()
    app.all('*', (c) => {
      const { target, incoming, connection } = c.env
      const tenant = this.#options.find(target.hostname, incoming.rawHeaders, connection)
      if (tenant === undefined) this.#sendNotFound(c.env)
      else this.#dispatch(tenant, c.env)
      return RESPONSE_ALREADY_SENT
    })
    app.notFound((c) => {
      this.#sendNotFound(c.env)
      return RESPONSE_ALREADY_SENT
    })
    app.onError((thrown, c) => {
      this.#options.onError(toNanoError(thrown))
      this.#sendOwn(c.env, 'INTERNAL', { ends: c.env.connection })
      return RESPONSE_ALREADY_SENT
    })
    return app
  }

  #dispatch(tenant: RoutedTenant, bindings: Bindings): void {
    const { incoming, outgoing, connection, target, id, since, offer } = bindings
    const { url, path, scheme } = target
    const sizes = toHeadSizes(incoming.rawHeaders)
    // HTTP/1.0 knows no chunks: a proxy before this server could take them for the body, and what follows for a request
    const isTorn = sizes.bodySize === undefined && incoming.httpVersionMinor === 0
    const excess = isTorn ? 'REQUEST_INVALID' : toExcess(tenant.limits, sizes, path)
    if (excess !== undefined) {
      tenant.refused(excess, id, `${toRequestLine(incoming.method ?? '', url)}: ${excess}: refused unread`)
      tenant.counts.answered(toStatus(excess), 0)
      return this.#sendOwn(bindings, excess, { ends: connection, tenant })
    }
    // Node throws away what stands behind an offer to upgrade, up to the end of the packet
    if (sizes.hasUpgrade) {
      outgoing.shouldKeepAlive = false
      endAfterAnswer(incoming.socket, connection)
    }
    const run = this.#options.runsScheduled === true ? toAskedRun(url) : undefined
    if (run !== undefined) {
      incoming.resume()
      void this.#runScheduled(tenant, run, bindings)
      return
    }
    const open = (body: HttpRequest['body'], app = tenant): void => {
      const request = { id, connection, incoming, outgoing, url, scheme, since, sizes, body, offer }
      new HttpExchange(this.#ingress, app, request).open()
    }
    const size = sizes.bodySize
    if (size === 0) return open(undefined)
    if (incoming.httpVersionMinor > 0 && incoming.headers.expect !== undefined) outgoing.writeContinue()
    // a guest's `Request` refuses bodies of these
    if (incoming.method === 'GET' || incoming.method === 'HEAD') open('unwanted')
    else if (size === undefined || size > SMALL_BODY_BYTES) open('streamed')
    // the host name may lead to another version by the time that it is here
    else {
      const { hostname } = target
      const find = () => this.#options.find(hostname, incoming.rawHeaders, connection)
      collectBody(incoming, size, (body) => open(body, find() ?? tenant))
    }
  }

  async #runScheduled(tenant: RoutedTenant, run: Run, { outgoing, target, id }: Bindings): Promise<void> {
    const { status, type, text } = toRunAnswer(await bringRun(tenant, id, run), target.url)
    const encoder = new TextEncoder()
    const headers = encoder.encode(toHeaderLines('content-type', type))
    sendWhole(this.#ingress, outgoing, status, headers, encoder.encode(text), id)
  }

  #sendNotFound(bindings: Bindings): void {
    const { bodySize, hasUpgrade } = toHeadSizes(bindings.incoming.rawHeaders)
    const ends = bodySize !== 0 || hasUpgrade ? bindings.connection : undefined
    this.#sendUnrouted(bindings, 'HOST_UNKNOWN', ends)
  }

  /** The request is no app's. */
  #sendUnrouted(own: OwnAnswer, code: ErrorCode, ends: Connection | undefined): void {
    this.#ingress.answers.unrouted++
    this.#sendOwn(own, code, { ends })
  }

  /** An answer that no tenant pays for. */
  #sendOwn(
    { outgoing, connection, id, since }: OwnAnswer,
    code: ErrorCode,
    { ends, tenant }: { readonly ends: Connection | undefined; readonly tenant?: RoutedTenant },
  ): void {
    const bytes = sendError(this.#ingress, outgoing, code, { request: id, ends })
    if (outgoing.writableLength > 0) this.#ingress.idle.add(connection)
    const { onRequest } = this.#ingress
    if (onRequest === undefined) return
    const { name: app, version } = tenant ?? { name: undefined, version: undefined }
    const ended = { app, version, request: id, bytes, cpuMs: 0, isCold: false, connection, since }
    outgoing.once('close', () => onRequest(toRecord(outgoing, ended)))
  }
}

/** What stands in the request line. `OPTIONS *` asks about the host itself, whose URL has no path (RFC 9112 3.3). */
function toRequestTarget({ method, url = '' }: IncomingMessage): string {
  return method === 'OPTIONS' && url === '*' ? '/' : url
}

/** What is wrong with a request before its host is looked at. */
function toFault({ rawHeaders, httpVersionMajor, method = '' }: IncomingMessage): ErrorCode | undefined {
  if (rawHeaders.length >= MAX_HEADERS * 2) return 'HEADERS_TOO_LARGE'
  return httpVersionMajor !== 1 || REFUSED_METHODS.has(method) ? 'REQUEST_INVALID' : undefined
}
