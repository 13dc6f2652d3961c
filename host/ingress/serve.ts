/**
 * The HTTP server of a shard: what the events of node:http mean. Its settings are in open-server.ts; who has the next turn
 * on a connection is connection.ts' to say, who answers a request dispatch.ts'.
 */

import { ServerResponse } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { ConnectionLimits } from '../config/connection-limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestRecord } from '../log/request-facts.ts'
import type { Tracer } from '../telemetry/tracer.ts'
import type { AnswerReport } from '../tenant/shard-report.ts'
import type { TlsState } from '../tls/contexts.ts'
import { AnswerCounts } from './answer-counts.ts'
import { endAfterAnswer, isAnswering, rejectConnection } from './connection-end.ts'
import { Connections } from './connection.ts'
import type { Connection } from './connection.ts'
import type { IngressState } from './contract.ts'
import { Dispatcher } from './dispatch.ts'
import type { DispatchOptions } from './dispatch.ts'
import { IdleWatch } from './idle-watch.ts'
import { bound, openServer } from './open-server.ts'
import type { OpenServer } from './open-server.ts'
import { TrustedProxies } from './trusted-proxies.ts'
import { Upgrades } from './upgrades.ts'

/** What may change while it serves. */
export interface IngressSettings {
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Given: connections are encrypted. */
  readonly tls?: TlsState | undefined
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

export function createIngress(options: IngressOptions): Ingress {
  const limits = toLimits(options)
  const ingress: IngressState = {
    isDraining: false,
    idle: new IdleWatch(),
    answers: new AnswerCounts(),
    upgrades: new Upgrades(),
    tracer: options.tracer,
    onRequest: options.onRequest,
  }
  const connections = new Connections(toShared(options))
  const opened = openServer(limits, options.tls)
  const { server } = opened
  listen(opened, connections, new Dispatcher(ingress, options))
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
      if (settings.tls !== undefined) opened.setTls(settings.tls)
    },
    close: (graceMs) => closeServer(opened, ingress, graceMs),
  }
}

function toLimits({ connectionLimits }: IngressSettings): ConnectionLimits {
  return { ...DEFAULT_CONNECTION_LIMITS, ...connectionLimits }
}

function toShared(settings: IngressSettings) {
  const proxies = new TrustedProxies(settings.trustedProxies ?? [])
  return { proxies, unreadMs: toLimits(settings).keepAliveMs }
}

/** Connections that are open have the bound with which they began: those that wait for a request are not kept. */
function admitHeads(server: Server & { maxHeaderSize?: number }, bytes: number): void {
  if (server.maxHeaderSize === bytes) return
  if (bytes > (server.maxHeaderSize ?? 0)) server.closeIdleConnections()
  server.maxHeaderSize = bytes
}

function listen({ server, connected }: OpenServer, connections: Connections, dispatcher: Dispatcher): void {
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
  server.on(connected, (socket: Socket) => {
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
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const connection = connections.get(socket as Socket)
    if (connection === undefined || connection.isEnding) {
      socket.destroy()
      return
    }
    const outgoing = new ServerResponse(incoming)
    outgoing.assignSocket(socket as Socket)
    // a client that says anything before it is answered is heard later, and one that leaves at once
    const early: Buffer[] = [head]
    socket.on('data', (bytes: Buffer) => {
      early.push(bytes)
      socket.pause()
    })
    dispatcher.begin(outgoing, connection, { outgoing, takeHead: () => Buffer.concat(early) })
  })
  server.on('clientError', (error: ClientError, stream) => {
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
function onClientError(error: ClientError, socket: Socket, connection: Connection): void {
  const hasLeft = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET'
  const code = toFaultCode(error)
  if (connection.incomplete?.isComplete === false) {
    connection.incomplete.breakOff(code, hasLeft ? undefined : error.message)
  }
  // as Node has it for one that leaves between two requests
  else if (hasLeft && isAnswering(socket)) socket.end()
  else if (error.code === 'HPE_CLOSED_CONNECTION') endAfterAnswer(socket, connection)
  else rejectConnection(socket, connection, code)
}

async function closeServer(opened: OpenServer, ingress: IngressState, graceMs: number): Promise<void> {
  ingress.isDraining = true
  const closed = new Promise<void>((resolve) => opened.server.close(() => resolve()))
  ingress.upgrades.close()
  const cut = setTimeout(() => {
    opened.cutAll()
    ingress.upgrades.cut()
  }, graceMs)
  await closed
  clearTimeout(cut)
  ingress.idle[Symbol.dispose]()
}

/** What node:http says of bytes that are no request. */
interface ClientError extends NodeJS.ErrnoException {
  /** What came last, and how far it was read. */
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** RFC 9112, section 3, but for the method, which is any token. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~\w-]+ [!-~]+ HTTP\/1\.\d$/

function toFaultCode({ code, rawPacket, bytesParsed = 0 }: ClientError): ErrorCode {
  if (code === 'HPE_INVALID_METHOD' && rawPacket !== undefined) {
    const from = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf('\n', bytesParsed - 1) + 1
    const end = rawPacket.indexOf('\r\n', from)
    // RFC 9110, section 15.6.2
    return REQUEST_LINE.test(rawPacket.toString('latin1', from, end)) ? 'METHOD_UNKNOWN' : 'REQUEST_INVALID'
  }
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'BODY_TOO_LARGE'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'REQUEST_INVALID'
}
