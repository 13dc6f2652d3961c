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
import { parseTarget } from '../http/target.ts'
import type { Target } from '../http/target.ts'
import { toRequestLine } from '../tenant/log.ts'
import { endAfterAnswer } from './connection-end.ts'
import type { Connection } from './connection.ts'
import type { IngressState, RoutedTenant } from './contract.ts'
import { HttpExchange } from './exchange.ts'
import type { HttpRequest } from './exchange.ts'
import { toScheme } from './guest-headers.ts'
import { MAX_HEADERS, toExcess, toHeadSizes } from './head-sizes.ts'
import { SMALL_BODY_BYTES, collectBody } from './request-body.ts'
import { sendError } from './response-writer.ts'
import type { ErrorNotes } from './response-writer.ts'

export interface DispatchOptions {
  /** Begins the ids of its requests; no other ingress of the process has it. */
  readonly idPrefix: string
  /** The tenant of a canonical host name. */
  find(hostname: string): RoutedTenant | undefined
  /** Something failed in the host itself. */
  onError(error: NanoError): void
}

type Bindings = {
  incoming: IncomingMessage
  outgoing: ServerResponse
  connection: Connection
  target: Target
}

/** Methods that no app can be asked with: a guest's `Request` refuses them. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])

/** Answers the requests of one server. */
export class Dispatcher {
  readonly #ingress: IngressState
  readonly #options: DispatchOptions
  readonly #app: Hono<{ Bindings: Bindings }>
  #requests = 0

  constructor(ingress: IngressState, options: DispatchOptions) {
    this.#ingress = ingress
    this.#options = options
    this.#app = this.#createApp()
  }

  /** Answer a request; those before it on its connection are answered. */
  begin(outgoing: ServerResponse, connection: Connection): void {
    const incoming = outgoing.req
    const fault = toFault(incoming)
    if (fault !== undefined) return this.refuse(outgoing, connection, fault)
    const scheme = toScheme(incoming.rawHeaders, connection)
    const target = parseTarget(incoming.rawHeaders, incoming.url ?? '', scheme)
    if (typeof target === 'string') return this.refuse(outgoing, connection, target)
    const request = { method: incoming.method, url: target.url } as unknown as Request
    void this.#app.fetch(request, { incoming, outgoing, connection, target })
  }

  /** Answer a request with an error of the client's, and end its connection. */
  refuse(outgoing: ServerResponse, connection: Connection, code: ErrorCode): void {
    this.#ingress.answers.unrouted++
    this.#sendOwn(outgoing, connection, code, { ends: connection })
  }

  #createApp(): Hono<{ Bindings: Bindings }> {
    const app = new Hono<{ Bindings: Bindings }>()
    app.all('*', (c) => {
      const tenant = this.#options.find(c.env.target.hostname)
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
      this.refuse(c.env.outgoing, c.env.connection, 'INTERNAL')
      return RESPONSE_ALREADY_SENT
    })
    return app
  }

  #dispatch(tenant: RoutedTenant, { incoming, outgoing, connection, target }: Bindings): void {
    const id = `${this.#options.idPrefix}${++this.#requests}`
    const { url, path, scheme } = target
    const sizes = toHeadSizes(incoming.rawHeaders)
    // HTTP/1.0 knows no chunks: a proxy before this server could take them for the body, and what follows for a request
    const isTorn = sizes.bodySize === undefined && incoming.httpVersionMinor === 0
    const excess = isTorn ? 'REQUEST_INVALID' : toExcess(tenant.limits, sizes, path)
    if (excess !== undefined) {
      tenant.refused(excess, id, `${toRequestLine(incoming.method ?? '', url)}: ${excess}: refused unread`)
      tenant.counts.answered(toStatus(excess), 0)
      return this.#sendOwn(outgoing, connection, excess, { request: id, ends: connection })
    }
    // Node throws away what stands behind an offer to upgrade, up to the end of the packet
    if (sizes.hasUpgrade) {
      outgoing.shouldKeepAlive = false
      endAfterAnswer(incoming.socket, connection)
    }
    const open = (body: HttpRequest['body'], app = tenant): void => {
      const request = { id, connection, incoming, outgoing, url, scheme, sizes, body }
      new HttpExchange(this.#ingress, app, request).open()
    }
    const size = sizes.bodySize
    if (size === 0) return open(undefined)
    if (incoming.httpVersionMinor > 0 && incoming.headers.expect !== undefined) outgoing.writeContinue()
    // a guest's `Request` refuses bodies of these
    if (incoming.method === 'GET' || incoming.method === 'HEAD') open('unwanted')
    else if (size === undefined || size > SMALL_BODY_BYTES) open('streamed')
    // the host name may lead to another version by the time that it is here
    else collectBody(incoming, size, (body) => open(body, this.#options.find(target.hostname) ?? tenant))
  }

  #sendNotFound({ incoming, outgoing, connection }: Bindings): void {
    this.#ingress.answers.unrouted++
    const { bodySize, hasUpgrade } = toHeadSizes(incoming.rawHeaders)
    const ends = bodySize !== 0 || hasUpgrade ? connection : undefined
    this.#sendOwn(outgoing, connection, 'HOST_UNKNOWN', { ends })
  }

  /** An answer that no tenant pays for. */
  #sendOwn(outgoing: ServerResponse, connection: Connection, code: ErrorCode, notes: ErrorNotes): void {
    sendError(this.#ingress, outgoing, code, notes)
    if (outgoing.writableLength > 0) this.#ingress.idle.add(connection)
  }
}

/** What is wrong with a request before its host is looked at. */
function toFault({ rawHeaders, httpVersionMajor, method = '' }: IncomingMessage): ErrorCode | undefined {
  if (rawHeaders.length >= MAX_HEADERS * 2) return 'HEADERS_TOO_LARGE'
  return httpVersionMajor !== 1 || REFUSED_METHODS.has(method) ? 'REQUEST_INVALID' : undefined
}
