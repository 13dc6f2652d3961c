/**
 * The HTTP server of a shard: a Hono app on node:http. It finds the tenant by host name and hands it the exchange.
 *
 * Hono gets a request of two fields instead of a `Request`, and every answer is written by response.ts, after which
 * Hono is told RESPONSE_ALREADY_SENT. The ready-made Node adapter's listener would answer requests with odd targets or
 * hosts by itself, before the one place that decides about hosts has seen them.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'

import type { Limits } from '../config/limits.ts'
import { toNanoError } from '../errors.ts'
import type { NanoError } from '../errors.ts'
import { parseTarget } from '../router/canonical-host.ts'
import type { Target } from '../router/canonical-host.ts'
import type { Exchange, Sink } from '../tenant/exchange.ts'
import { HttpExchange } from './exchange.ts'
import type { ExchangeContext, ExchangeTenant } from './exchange.ts'
import { SMALL_BODY_BYTES, collectBody, toBodySize } from './request-body.ts'
import { rejectConnection, sendError } from './response.ts'

/** What the ingress needs of a tenant. */
interface Servable extends ExchangeTenant {
  readonly limits: Limits
  handle(exchange: Exchange): Sink
}

export interface IngressOptions {
  /** Begins the ids of its requests; no other ingress of the process has it. */
  readonly idPrefix: string
  /** The tenant of a canonical host name. */
  find(hostname: string): Servable | undefined
  /** Something failed in the host itself. */
  onError(error: NanoError): void
}

export interface Ingress {
  readonly server: Server
  /** Take no more connections, let open requests finish, cut what is still open after `graceMs`. */
  close(graceMs: number): Promise<void>
}

type Bindings = { incoming: IncomingMessage; outgoing: ServerResponse; target: Target }

const HTTP_OPTIONS = {
  keepAlive: true,
  keepAliveTimeout: 15_000,
  headersTimeout: 15_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 32 * 1024,
  insecureHTTPParser: false,
  // the router answers for Host, with a body that says what is wrong
  requireHostHeader: false,
} as const

/** Methods that no app can be asked with: a guest's `Request` refuses them. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])

export function createIngress(options: IngressOptions): Ingress {
  const context: ExchangeContext = { responder: { closing: false } }
  const app = createApp(options, context)
  const server = createServer(HTTP_OPTIONS, (incoming, outgoing) => {
    const target = parseTarget(incoming.rawHeaders, incoming.url ?? '')
    if (typeof target === 'string') sendError(context.responder, outgoing, target)
    else if (incoming.httpVersionMajor !== 1 || REFUSED_METHODS.has(incoming.method ?? '')) {
      sendError(context.responder, outgoing, 'REQUEST_INVALID')
    } else {
      const request = { method: incoming.method, url: target.url } as unknown as Request
      void app.fetch(request, { incoming, outgoing, target })
    }
  })
  // its silent default would hide headers, a second Host among them; `maxHeaderSize` is the bound
  server.maxHeadersCount = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    rejectConnection(socket, toClientErrorStatus(error.code))
  })
  server.on('connect', (_incoming, socket) => rejectConnection(socket, 405))
  return { server, close: (graceMs) => closeServer(server, context, graceMs) }
}

function createApp(options: IngressOptions, context: ExchangeContext): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>()
  let requests = 0
  app.all('*', (c) => {
    const { incoming, outgoing, target } = c.env
    const tenant = options.find(target.hostname)
    if (tenant === undefined) sendError(context.responder, outgoing, 'HOST_UNKNOWN')
    else dispatch(tenant, context, incoming, outgoing, target.url, `${options.idPrefix}${++requests}`)
    return RESPONSE_ALREADY_SENT
  })
  app.notFound((c) => {
    sendError(context.responder, c.env.outgoing, 'HOST_UNKNOWN')
    return RESPONSE_ALREADY_SENT
  })
  app.onError((thrown, c) => {
    options.onError(toNanoError(thrown))
    sendError(context.responder, c.env.outgoing, 'INTERNAL')
    return RESPONSE_ALREADY_SENT
  })
  return app
}

function dispatch(
  tenant: Servable,
  context: ExchangeContext,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  url: string,
  id: string,
): void {
  const open = (body: Uint8Array | 'streamed' | undefined): void => {
    const exchange = new HttpExchange(context, tenant, id, incoming, outgoing, url, body)
    exchange.attach(tenant.handle(exchange))
  }
  const size = toBodySize(incoming.rawHeaders)
  if (size === 0) open(undefined)
  else if (size === undefined || size > SMALL_BODY_BYTES) open('streamed')
  else collectBody(incoming, size, open)
}

async function closeServer(server: Server, context: ExchangeContext, graceMs: number): Promise<void> {
  context.responder.closing = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
}

function toClientErrorStatus(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
}
