/** A shard's server of node:http or node:https, with its bounds. */

import { createServer } from 'node:http'
import type { Server, ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Server as SecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'

import type { ConnectionLimits } from '../config/connection-limits.ts'
import { TlsContexts } from '../tls/contexts.ts'
import type { TlsState } from '../tls/contexts.ts'
import { writeRejection } from './connection-end.ts'
import { MAX_HEADERS } from './head-sizes.ts'
import { isHandshake } from './upgrades.ts'

export interface OpenServer {
  readonly server: Server
  /** The event of a connection that can be read from. */
  readonly connected: 'connection' | 'secureConnection'
  /** What connections are encrypted with that begin from now on. */
  setTls(state: TlsState): void
  /** Ends every connection at once. */
  cutAll(): void
}

/** What a head may have when no app takes any. */
const LEAST_HEAD_BYTES = 2048

/** How often the times of requests are looked at: some times within the shortest that there may be. */
const CHECK_MS = 200

/** `tls`: given when connections are encrypted. */
export function openServer(limits: ConnectionLimits, tls: TlsState | undefined): OpenServer {
  const settings = {
    keepAlive: true,
    connectionsCheckingInterval: CHECK_MS,
    // the app's own limits decide; this bounds what is held before the app is known
    maxHeaderSize: LEAST_HEAD_BYTES,
    insecureHTTPParser: false,
    // another offer is a request like any
    shouldUpgradeCallback: isHandshake,
    // the router answers for Host, with a body that says what is wrong
    requireHostHeader: false,
  }
  const opened =
    tls === undefined
      ? openPlain(settings)
      : openSecure({ ...settings, handshakeTimeout: limits.headersMs }, tls)
  bound(opened.server, limits)
  // a request with as many is refused: what Node dropped could be a second Host
  opened.server.maxHeadersCount = MAX_HEADERS
  return opened
}

/** Of a server that may listen already. */
export function bound(
  server: Server,
  { keepAliveMs, headersMs, requestMs, connections }: ConnectionLimits,
): void {
  server.keepAliveTimeout = keepAliveMs
  // the head is a part of the request
  server.headersTimeout = Math.min(headersMs, requestMs)
  server.requestTimeout = requestMs
  server.maxConnections = connections
}

function openPlain(settings: ServerOptions): OpenServer {
  const server = createServer(settings)
  return { server, connected: 'connection', setTls() {}, cutAll: () => server.closeAllConnections() }
}

function openSecure(settings: ServerOptions & TlsOptions, tls: TlsState): OpenServer {
  let contexts = new TlsContexts(tls)
  const server: SecureServer = createSecureServer({
    ...settings,
    ...contexts.options,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, answer) => {
      try {
        answer(null, contexts.find(name))
      } catch (error) {
        answer(error as Error)
      }
    },
  })
  // Node knows the connections whose handshake is over
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_SSL_HTTP_REQUEST') refusePlain(socket)
  })
  return {
    server,
    connected: 'secureConnection',
    setTls(state) {
      contexts = new TlsContexts(state)
      server.setSecureContext(contexts.options)
    },
    cutAll() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Somebody talks HTTP without TLS: it is told so, in the same way. */
function refusePlain(socket: TLSSocket & { _parent?: Socket }): void {
  // oxlint-disable-next-line no-underscore-dangle -- Node's own name of the connection beneath
  const { _parent: plain } = socket
  if (plain !== undefined) writeRejection(plain, 'HTTPS_REQUIRED')
}
