/**
 * The operator's own listener, in the main thread and never on the apps' port. It answers whoever reaches it, so it
 * listens on the loopback address unless somebody says otherwise, and only under names that are its own: a web page
 * whose name leads to the loopback address for a moment gets nothing.
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { AddressInfo } from 'node:net'

import type { Hono } from 'hono'

import { DEFAULT_ADMIN } from '../config/config.ts'
import type { AdminConfig } from '../config/config.ts'
import { toHostName } from '../http/host-name.ts'
import { NanoError, toStackText } from '../errors.ts'
import { parseTarget } from '../http/target.ts'
import { createOperatorApp, toErrorResponse } from './app.ts'
import type { ServerView } from './server-view.ts'

export interface Operator {
  readonly url: string
  readonly port: number
  /** Cuts what is open. */
  close(): Promise<void>
}

/** What the listener needs. */
interface OperatorServices extends ServerView {
  log(entry: { level: 'warn' | 'error'; text: string }): void
}

const HTTP_OPTIONS = {
  keepAliveTimeout: 5000,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8 * 1024,
  insecureHTTPParser: false,
  // the answer for Host comes from the one place that reads it
  requireHostHeader: false,
} as const
const MAX_CONNECTIONS = 64

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])

/**
 * Listen as configured; `undefined`: where nobody else does. `appsPort` is left to the apps. Throws CONFIG_INVALID when
 * the port that was asked for is taken.
 */
export async function openOperator(
  admin: AdminConfig | false | undefined,
  appsPort: number,
  services: OperatorServices,
): Promise<Operator | undefined> {
  if (admin === false) return undefined
  const { host, port } = admin ?? DEFAULT_ADMIN
  const onError = (error: Error): void =>
    services.log({ level: 'error', text: `operator: ${toStackText(error)}` })
  const app = createOperatorApp(services, onError)
  const names = toNames(host)
  const server = createServer(HTTP_OPTIONS, (incoming, outgoing) => {
    answer(app, names, incoming, outgoing).catch((error: Error) => {
      onError(error)
      outgoing.destroy()
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  if (admin !== undefined) await listen(server, host, port)
  else await listenSomewhere(server, host, port, appsPort, services)
  // a connection that could not be taken is no reason to stop
  server.on('error', onError)
  const listening = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    port: listening,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Nobody asked for the port: another server on this machine may have it. */
async function listenSomewhere(
  server: Server,
  host: string,
  port: number,
  appsPort: number,
  services: OperatorServices,
): Promise<void> {
  try {
    if (port !== appsPort) return await listen(server, host, port)
  } catch {
    // the next one is free
  }
  await listen(server, host, 0)
  const taken = `port ${port} is taken; the operator's listener is on port ${(server.address() as AddressInfo).port}`
  services.log({ level: 'warn', text: taken })
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'another process listens there' : message
    const next = 'choose another --admin-port or another admin in nano.json'
    throw new NanoError(
      'CONFIG_INVALID',
      `admin: cannot listen on ${host} port ${port}: ${reason}; ${next}`,
      {
        cause,
      },
    )
  }
}

async function answer(
  app: Hono,
  isOwn: (hostname: string) => boolean,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await respond(app, isOwn, incoming)
  const body = Buffer.from(await response.arrayBuffer())
  const headers = { ...Object.fromEntries(response.headers), 'content-length': body.byteLength }
  // what else the client sends is of no interest
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') outgoing.shouldKeepAlive = false
  outgoing.writeHead(response.status, headers)
  outgoing.end(incoming.method === 'HEAD' ? undefined : body)
}

async function respond(
  app: Hono,
  isOwn: (hostname: string) => boolean,
  { rawHeaders, url = '', method = '' }: IncomingMessage,
): Promise<Response> {
  const target = parseTarget(rawHeaders, url)
  if (typeof target === 'string') return toErrorResponse(target)
  if (!isOwn(target.hostname)) return toErrorResponse('HOST_FORBIDDEN')
  // `Request` refuses some
  if (method !== 'GET' && method !== 'HEAD') return toErrorResponse('METHOD_NOT_ALLOWED')
  return await app.fetch(new Request(target.url, { method }))
}

/** The host names under which a listener on `host` answers. An address in Host is no name that could be rebound. */
function toNames(host: string): (hostname: string) => boolean {
  const own = toHostName(isIP(host) === 6 ? `[${host}]` : host)
  const isEvery = own !== undefined && EVERY_ADDRESS.has(own)
  return (hostname) =>
    LOOPBACK.has(hostname) || hostname === own || (isEvery && isIP(hostname.replaceAll(/[[\]]/g, '')) !== 0)
}
