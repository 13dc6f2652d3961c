/**
 * The HTTP server of a shard: node:http and what its events mean. Who has the next turn on a connection is
 * connection.ts' to say, who answers a request dispatch.ts'.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { ConnectionLimits } from '../config/connection-limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestRecord } from '../log/request-facts.ts'
import type { Tracer } from '../telemetry/tracer.ts'
import type { AnswerReport } from '../tenant/shard-report.ts'
import { AnswerCounts } from './answer-counts.ts'
import { endAfterAnswer, isAnswering, rejectConnection } from './connection-end.ts'
import { Connections } from './connection.ts'
import type { Connection } from './connection.ts'
import type { IngressState } from './contract.ts'
import { Dispatcher } from './dispatch.ts'
import type { DispatchOptions } from './dispatch.ts'
import { MAX_HEADERS } from './head-sizes.ts'
import { IdleWatch } from './idle-watch.ts'
import { TrustedProxies } from './trusted-proxies.ts'

/** What may change while it serves. */
export interface IngressSettings {
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Addresses and ranges whose word about their clients counts. */
  readonly trustedProxies?: readonly string[]
  /** Hears of each request when it is over. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined
}

export interface IngressOptions extends DispatchOptions, IngressSettings {
  /** Given where requests are traced. */
  readonly tracer?: Tracer | undefined
}

export interface Ingress {
  readonly server: Server
  readonly answers: AnswerReport
  /** Take heads of so many bytes at the most, URL included: what any app takes. */
  admitHeads(bytes: number): void
  /** From now on this holds. */
  configure(settings: IngressSettings): void
  /** Take no more connections, let open requests finish, cut what is still open after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** What a head may have when no app takes any. */
const LEAST_HEAD_BYTES = 2048

/** How often the times of requests are looked at: some times within the shortest that there may be. */
const CHECK_MS = 200

export function createIngress(options: IngressOptions): Ingress {
  const limits = toLimits(options)
  const ingress: IngressState = {
    isDraining: false,
    idle: new IdleWatch(),
    answers: new AnswerCounts(),
    tracer: options.tracer,
    onRequest: options.onRequest,
  }
  const connections = new Connections(toShared(options))
  const server = openServer(limits)
  listen(server, connections, new Dispatcher(ingress, options))
  return {
    server,
    get answers() {
      return ingress.answers.report
    },
    admitHeads: (bytes) => admitHeads(server, bytes),
    configure(settings) {
      ingress.onRequest = settings.onRequest
      connections.configure(toShared(settings))
      bound(server, toLimits(settings))
    },
    close: (graceMs) => closeServer(server, ingress, graceMs),
  }
}

function toLimits({ connectionLimits }: IngressSettings): ConnectionLimits {
  return { ...DEFAULT_CONNECTION_LIMITS, ...connectionLimits }
}

function toShared(settings: IngressSettings) {
  const proxies = new TrustedProxies(settings.trustedProxies ?? [])
  return { proxies, unreadMs: toLimits(settings).keepAliveMs }
}

/** Of a server that may listen already. */
function bound(server: Server, { keepAliveMs, headersMs, requestMs, connections }: ConnectionLimits): void {
  server.keepAliveTimeout = keepAliveMs
  // the head is a part of the request
  server.headersTimeout = Math.min(headersMs, requestMs)
  server.requestTimeout = requestMs
  server.maxConnections = connections
}

/** Connections that are open have the bound with which they began: those that wait for a request are not kept. */
function admitHeads(server: Server & { maxHeaderSize?: number }, bytes: number): void {
  if (server.maxHeaderSize === bytes) return
  if (bytes > (server.maxHeaderSize ?? 0)) server.closeIdleConnections()
  server.maxHeaderSize = bytes
}

function openServer(limits: ConnectionLimits): Server {
  const server = createServer({
    keepAlive: true,
    connectionsCheckingInterval: CHECK_MS,
    // the app's own limits decide; this bounds what is held before the app is known
    maxHeaderSize: LEAST_HEAD_BYTES,
    insecureHTTPParser: false,
    // the router answers for Host, with a body that says what is wrong
    requireHostHeader: false,
  })
  bound(server, limits)
  // a request with as many is refused: what Node dropped could be a second Host
  server.maxHeadersCount = MAX_HEADERS
  return server
}

function listen(server: Server, connections: Connections, dispatcher: Dispatcher): void {
  const arrive = (
    outgoing: ServerResponse,
    begin: (outgoing: ServerResponse, connection: Connection) => void,
  ): void => {
    const connection = connections.get(outgoing.req.socket)
    // another request behind one that ends the connection
    if (connection === undefined || connection.isEnding) outgoing.req.resume()
    else if (outgoing.socket !== null) begin(outgoing, connection)
    else connection.wait(outgoing, () => begin(outgoing, connection))
  }
  const begin = dispatcher.begin.bind(dispatcher)
  const onRequest = (_incoming: IncomingMessage, outgoing: ServerResponse): void => arrive(outgoing, begin)
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    // Node takes its own listener off for CONNECT, and an error without one ends the thread
    socket.on('error', () => {})
  })
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', (_incoming: IncomingMessage, outgoing: ServerResponse) =>
    arrive(outgoing, (_outgoing, connection) =>
      dispatcher.refuse(outgoing, connection, 'EXPECTATION_FAILED'),
    ),
  )
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket
    const connection = connections.get(socket)
    if (connection === undefined) socket.destroy()
    else onClientError(error, socket, connection)
  })
  server.on('connect', ({ socket }: IncomingMessage) => {
    const connection = connections.get(socket)
    if (connection === undefined) socket.destroy()
    else rejectConnection(socket, connection, 'REQUEST_INVALID')
  })
}

/** What arrived is no request, or the client left in the middle of one. */
function onClientError(error: NodeJS.ErrnoException, socket: Socket, connection: Connection): void {
  const hasLeft = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET'
  const code = toFaultCode(error.code)
  if (connection.incomplete?.isComplete === false) {
    connection.incomplete.breakOff(code, hasLeft ? undefined : error.message)
  }
  // as Node has it for one that leaves between two requests
  else if (hasLeft && isAnswering(socket)) socket.end()
  else if (error.code === 'HPE_CLOSED_CONNECTION') endAfterAnswer(socket, connection)
  else rejectConnection(socket, connection, code)
}

async function closeServer(server: Server, ingress: IngressState, graceMs: number): Promise<void> {
  ingress.isDraining = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
  ingress.idle[Symbol.dispose]()
}

function toFaultCode(code: string | undefined): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'BODY_TOO_LARGE'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'REQUEST_INVALID'
}
