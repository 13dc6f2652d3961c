/**
 * The HTTP server of a shard: a Hono app on node:http. It finds the tenant by host name and hands it the exchange.
 *
 * Hono gets a request of two fields instead of a `Request`, and every answer is written by response.ts, after which
 * Hono is told RESPONSE_ALREADY_SENT. The ready-made Node adapter's listener would answer requests with odd targets or
 * hosts by itself, before the one place that decides about hosts has seen them.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'

import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { ConnectionLimits } from '../config/connection-limits.ts'
import { toNanoError } from '../errors.ts'
import type { ErrorCode, NanoError } from '../errors.ts'
import { parseTarget } from '../http/target.ts'
import type { Target } from '../http/target.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { toRequestLine } from '../tenant/log.ts'
import { Connections } from './connection.ts'
import type { Connection } from './connection.ts'
import { HttpExchange } from './exchange.ts'
import type { HttpRequest, IngressState, TenantPort } from './exchange.ts'
import { toScheme } from './guest-headers.ts'
import { IdleWatch } from './idle-watch.ts'
import { SMALL_BODY_BYTES, collectBody } from './request-body.ts'
import { MAX_HEADERS, toExcess, toHeadSizes } from './head-sizes.ts'
import { endAfterAnswer, isAnswering, rejectConnection, sendError } from './response.ts'
import type { ErrorNotes } from './response.ts'
import { TrustedProxies } from './trusted-proxies.ts'

/** A tenant, as the ingress knows it. */
interface App extends TenantPort {
  handle(exchange: Exchange): ExchangeListener
}

export interface IngressOptions {
  /** Begins the ids of its requests; no other ingress of the process has it. */
  readonly idPrefix: string
  /** The largest head that any tenant takes, in bytes, URL included. */
  readonly maxHeadBytes: number
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Addresses and ranges whose word about their clients counts. */
  readonly trustedProxies?: readonly string[]
  /** The tenant of a canonical host name. */
  find(hostname: string): App | undefined
  /** Something failed in the host itself. */
  onError(error: NanoError): void
}

export interface Ingress {
  readonly server: Server
  /** Take no more connections, let open requests finish, cut what is still open after `graceMs`. */
  close(graceMs: number): Promise<void>
}

type Bindings = {
  incoming: IncomingMessage
  outgoing: ServerResponse
  connection: Connection
  target: Target
}

/** Answers a request, whose turn it is. */
type Begin = (outgoing: ServerResponse, connection: Connection) => void

/** How often the times of requests are looked at. */
const CHECK_MS = 2000
/** And how often within the shortest of them at least. */
const CHECKS = 5

/** Methods that no app can be asked with: a guest's `Request` refuses them. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])

export function createIngress(options: IngressOptions): Ingress {
  const limits = { ...DEFAULT_CONNECTION_LIMITS, ...options.connectionLimits }
  const context: IngressState = { responder: { closing: false }, idle: new IdleWatch() }
  const app = createApp(options, context)
  const proxies = new TrustedProxies(options.trustedProxies ?? [])
  const connections = new Connections({ proxies, unreadMs: limits.keepAliveMs })
  const server = openServer(options.maxHeadBytes, limits)
  const refuse = (outgoing: ServerResponse, connection: Connection, code: ErrorCode): void =>
    sendOwn(context, connection, outgoing, code, { ends: connection })
  const begin: Begin = (outgoing, connection) => {
    const incoming = outgoing.req
    const fault = toFault(incoming)
    if (fault !== undefined) return refuse(outgoing, connection, fault)
    const scheme = toScheme(incoming.rawHeaders, connection)
    const target = parseTarget(incoming.rawHeaders, incoming.url ?? '', scheme)
    if (typeof target === 'string') return refuse(outgoing, connection, target)
    const request = { method: incoming.method, url: target.url } as unknown as Request
    void app.fetch(request, { incoming, outgoing, connection, target })
  }
  const arrive = (outgoing: ServerResponse, then: Begin): void => {
    const connection = connections.get(outgoing.req.socket)
    // another request behind one that ends the connection
    if (connection === undefined || connection.isEnding) outgoing.req.resume()
    else if (outgoing.socket !== null) then(outgoing, connection)
    else connection.wait(outgoing, () => then(outgoing, connection))
  }
  const onRequest = (_incoming: IncomingMessage, outgoing: ServerResponse): void => arrive(outgoing, begin)
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    // Node takes its own listener off for CONNECT, and an error without one ends the thread
    socket.on('error', () => {})
  })
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', (_incoming: IncomingMessage, outgoing: ServerResponse) =>
    arrive(outgoing, (_outgoing, connection) => refuse(outgoing, connection, 'EXPECTATION_FAILED')),
  )
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket
    const connection = connections.get(socket)
    const hasLeft = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET'
    const code = toFaultCode(error.code)
    if (connection === undefined) socket.destroy()
    else if (connection.incomplete?.isComplete === false) {
      connection.incomplete.breakOff(code, hasLeft ? undefined : error.message)
    }
    // as Node has it for one that leaves between two requests
    else if (hasLeft && isAnswering(socket)) socket.end()
    else if (error.code === 'HPE_CLOSED_CONNECTION') endAfterAnswer(socket, connection)
    else rejectConnection(socket, connection, code)
  })
  server.on('connect', ({ socket }: IncomingMessage) => {
    const connection = connections.get(socket)
    if (connection === undefined) socket.destroy()
    else rejectConnection(socket, connection, 'REQUEST_INVALID')
  })
  return { server, close: (graceMs) => closeServer(server, context, graceMs) }
}

function openServer(maxHeadBytes: number, limits: ConnectionLimits): Server {
  const { requestMs } = limits
  // the head is a part of the request
  const headersMs = Math.min(limits.headersMs, requestMs)
  const server = createServer({
    keepAlive: true,
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersMs / CHECKS),
    // the tenant's own limits decide; this bounds what is held before the tenant is known
    maxHeaderSize: maxHeadBytes,
    insecureHTTPParser: false,
    // the router answers for Host, with a body that says what is wrong
    requireHostHeader: false,
  })
  server.maxConnections = limits.connections
  // a request with as many is refused: what Node dropped could be a second Host
  server.maxHeadersCount = MAX_HEADERS
  return server
}

/** What is wrong with a request before its host is looked at. */
function toFault({ rawHeaders, httpVersionMajor, method = '' }: IncomingMessage): ErrorCode | undefined {
  if (rawHeaders.length >= MAX_HEADERS * 2) return 'HEADERS_TOO_LARGE'
  return httpVersionMajor !== 1 || REFUSED_METHODS.has(method) ? 'REQUEST_INVALID' : undefined
}

function createApp(options: IngressOptions, context: IngressState): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>()
  let requests = 0
  app.all('*', (c) => {
    const tenant = options.find(c.env.target.hostname)
    if (tenant === undefined) sendNotFound(context, c.env)
    else dispatch(tenant, context, c.env, `${options.idPrefix}${++requests}`)
    return RESPONSE_ALREADY_SENT
  })
  app.notFound((c) => {
    sendNotFound(context, c.env)
    return RESPONSE_ALREADY_SENT
  })
  app.onError((thrown, c) => {
    options.onError(toNanoError(thrown))
    const { outgoing, connection } = c.env
    sendOwn(context, connection, outgoing, 'INTERNAL', { ends: connection })
    return RESPONSE_ALREADY_SENT
  })
  return app
}

function sendNotFound(context: IngressState, { incoming, outgoing, connection }: Bindings): void {
  const { bodySize, hasUpgrade } = toHeadSizes(incoming.rawHeaders)
  const ends = bodySize !== 0 || hasUpgrade ? connection : undefined
  sendOwn(context, connection, outgoing, 'HOST_UNKNOWN', { ends })
}

/** An answer that no tenant pays for. */
function sendOwn(
  { responder, idle }: IngressState,
  connection: Connection,
  outgoing: ServerResponse,
  code: ErrorCode,
  notes: ErrorNotes,
): void {
  sendError(responder, outgoing, code, notes)
  if (outgoing.writableLength > 0) idle.add(connection)
}

function dispatch(
  tenant: App,
  context: IngressState,
  { incoming, outgoing, connection, target }: Bindings,
  id: string,
): void {
  const { url, path, scheme } = target
  const head = toHeadSizes(incoming.rawHeaders)
  // HTTP/1.0 knows no chunks: a proxy before this server could take them for the body, and what follows for a request
  const isTorn = head.bodySize === undefined && incoming.httpVersionMinor === 0
  const excess = isTorn ? 'REQUEST_INVALID' : toExcess(tenant.limits, head, path)
  if (excess !== undefined) {
    tenant.refused(excess, id, `${toRequestLine(incoming.method ?? '', url)}: ${excess}: refused unread`)
    return sendOwn(context, connection, outgoing, excess, { request: id, ends: connection })
  }
  // Node throws away what stands behind an offer to upgrade, up to the end of the packet
  if (head.hasUpgrade) {
    outgoing.shouldKeepAlive = false
    endAfterAnswer(incoming.socket, connection)
  }
  const open = (body: HttpRequest['body']): void => {
    const arrival = { id, connection, incoming, outgoing, url, scheme, head, body }
    const exchange = new HttpExchange(context, tenant, arrival)
    exchange.attach(tenant.handle(exchange))
  }
  const size = head.bodySize
  if (size === 0) return open(undefined)
  if (incoming.httpVersionMinor > 0 && incoming.headers.expect !== undefined) outgoing.writeContinue()
  // a guest's `Request` refuses bodies of these
  if (incoming.method === 'GET' || incoming.method === 'HEAD') open('unwanted')
  else if (size === undefined || size > SMALL_BODY_BYTES) open('streamed')
  else collectBody(incoming, size, open)
}

async function closeServer(server: Server, context: IngressState, graceMs: number): Promise<void> {
  context.responder.closing = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
  context.idle[Symbol.dispose]()
}

function toFaultCode(code: string | undefined): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'BODY_TOO_LARGE'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'REQUEST_INVALID'
}
