/**
 * The operator's own listener, in the main thread and never on the apps' port: on the loopback address, or a Unix socket,
 * unless somebody says otherwise. What it says about the server is for whoever reaches it, under names that are its own:
 * a web page whose name leads to the loopback address for a moment gets nothing. Who may change something is known by a
 * token (admin/authenticate.ts).
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import { getRequestListener } from '@hono/node-server'

import { DEFAULT_ADMIN } from '../config/config.ts'
import type { AdminConfig } from '../config/config.ts'
import { toClientBody, toStackText, toStatus } from '../errors.ts'
import { parseTarget } from '../http/target.ts'
import { linger } from '../ingress/linger.ts'
import type { AdminServices } from './admin/services.ts'
import { Tokens } from './admin/tokens.ts'
import { createOperatorApp } from './app.ts'
import { LogTails } from './log-tails.ts'
import { listenNear, listenOnPort } from './listen-on-port.ts'
import { toOwnNames } from './own-names.ts'
import { listenOnSocket } from './unix-socket.ts'

export interface Operator {
  /** `unix:` and a path when it is a socket. */
  readonly url: string
  /** Undefined: it is a socket. */
  readonly port: number | undefined
  /** From now on this file says who may do what. Throws CONFIG_INVALID; then all is as it was. */
  readTokens(file: string | undefined): void
  /** Ends who follows the log, cuts what else is open. */
  close(): Promise<void>
}

export interface OperatorOptions {
  /** As configured; `undefined`: where nobody else does. */
  readonly admin: AdminConfig | false | undefined
  /** The token that may do everything; undefined: there is none. */
  readonly token: string | undefined
  /** Left to the apps. */
  readonly appsPort: number
  /** Apps can be deployed. */
  readonly isWritable: boolean
}

const HTTP_OPTIONS = {
  keepAliveTimeout: 5000,
  headersTimeout: 5000,
  // a component over a slow line; bodies of those who may not send one are never read
  requestTimeout: 600_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8 * 1024,
  insecureHTTPParser: false,
  // the answer for Host comes from the one place that reads it
  requireHostHeader: false,
} as const
const MAX_CONNECTIONS = 64
/** Those that `Request` knows. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

const NO_TOKEN =
  'admin: there is no token, so every program on this machine may deploy and delete apps; set NANO_ADMIN_TOKEN, or ' +
  'admin.tokens_file in nano.json'

/** Throws CONFIG_INVALID when the port that was asked for is taken, or a token is no good. */
export async function openOperator(
  { admin, token, appsPort, isWritable }: OperatorOptions,
  services: AdminServices,
): Promise<Operator | undefined> {
  if (admin === false) return undefined
  const { host, port, socket, tokensFile } = admin ?? DEFAULT_ADMIN
  const tokens = new Tokens({ token, file: tokensFile })
  const warn = (): void => {
    if (tokens.isEmpty && isWritable) services.log({ level: 'warn', text: NO_TOKEN })
  }
  warn()
  const onError = (error: Error): void =>
    services.log({ level: 'error', text: `operator: ${toStackText(error)}` })
  const gate = { tokens, isOwnName: toOwnNames(host), log: services.log.bind(services) }
  const tails = new LogTails(services.logs)
  const app = createOperatorApp({ services, gate, tails, onError })
  const server = createServer(HTTP_OPTIONS, toListener(app, onError))
  server.maxConnections = MAX_CONNECTIONS
  // what Node calls after an answer that ends its connection
  server.on('connection', (socket: Socket) => (socket.destroySoon = () => linger(socket)))
  if (socket !== undefined) await listenOnSocket(server, socket)
  else if (admin !== undefined) await listenOnPort(server, host, port)
  else await listenNear(server, { host, port, appsPort }, (text) => services.log({ level: 'warn', text }))
  // a connection that could not be taken is no reason to stop
  server.on('error', onError)
  const listening = socket === undefined ? (server.address() as AddressInfo).port : undefined
  return {
    url:
      socket === undefined
        ? `http://${host.includes(':') ? `[${host}]` : host}:${listening}`
        : `unix:${socket}`,
    port: listening,
    readTokens(from) {
      const had = !tokens.isEmpty
      tokens.reread(from)
      tails.expire()
      if (had) warn()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      await tails.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Answers what is malformed itself; the application answers the rest. */
function toListener(app: ReturnType<typeof createOperatorApp>, onError: (error: Error) => void) {
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { rawHeaders, url = '', method = '' } = incoming
    const target = parseTarget(rawHeaders, url)
    // a body that nobody wants: the connection ends, and its client can read why
    outgoing.once('finish', () => {
      if (!incoming.complete) linger(incoming.socket)
    })
    if (typeof target === 'string') refuse(outgoing, target)
    else if (!METHODS.has(method)) refuse(outgoing, 'METHOD_NOT_ALLOWED')
    else {
      answer(incoming, outgoing).catch((error: Error) => {
        onError(error)
        outgoing.destroy()
      })
    }
  }
}

/** An answer to what never reaches the application. */
function refuse(
  outgoing: ServerResponse,
  code: 'HOST_INVALID' | 'REQUEST_INVALID' | 'METHOD_NOT_ALLOWED',
): void {
  const headers = {
    'Content-Type': 'application/json',
    ...(code === 'METHOD_NOT_ALLOWED' && { Allow: 'GET, HEAD' }),
  }
  outgoing.shouldKeepAlive = false
  outgoing.writeHead(toStatus(code), headers).end(toClientBody(code))
}
