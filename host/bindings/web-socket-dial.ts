/**
 * A WebSocket to a server: what may be connected to is the policy's to say, as for a fetch, and each address is checked when
 * the connection is made. Redirects are not followed, as the standard has it. A server that answers otherwise than with an
 * upgrade has answered all the same.
 */

import type { IncomingMessage } from 'node:http'
import { connect as connectPlain, isIP } from 'node:net'
import type { createConnection, Socket, TcpNetConnectOpts } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { connect as connectSecure } from 'node:tls'

import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'

import { EgressDenied, toCheckedLookup } from '../egress/connect.ts'
import type { Resolve } from '../egress/connect.ts'
import type { EgressPolicy } from '../egress/policy.ts'
import { toTarget } from '../egress/rule.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { CLOSE_MS, ConnectionSide } from '../web-socket/connection-side.ts'
import type { Heartbeat } from '../web-socket/heartbeat.ts'
import type { Side } from '../web-socket/line.ts'
import type { Writes } from '../web-socket/writes.ts'
import type { HopAnswer } from './dialer.ts'

/** A connection to make. */
export interface WebSocketDial {
  readonly headers: readonly [string, string][]
  readonly signal: AbortSignal
  /** The app's. */
  readonly buffers: ByteBudget
}

/** What came of it; without a side it is an answer like another. */
export interface WebSocketAnswer extends HopAnswer {
  readonly side?: Side
  readonly protocol?: string
}

/** What connections of a tenant are made with. */
export interface WebSocketNetwork {
  readonly policy: EgressPolicy
  readonly resolve: Resolve
  readonly heartbeat: Heartbeat
  readonly writes: Writes
  readonly headMs: number
  readonly idleMs: number
  readonly mostBytes: number
}

const PROTOCOL = 'sec-websocket-protocol'
/** Said by who makes the connection. */
const OWN = /^sec-websocket-(?!protocol$)/

/** Rejects with an `EgressDenied` as its cause when the policy does not admit it. */
export async function dialWebSocket(
  url: string,
  { headers, signal, buffers }: WebSocketDial,
  { policy, resolve, heartbeat, writes, headMs, idleMs, mostBytes }: WebSocketNetwork,
): Promise<WebSocketAnswer> {
  const target = toTarget(new URL(url))
  if (!policy.admitsHost(target))
    throw new TypeError('connection failed', { cause: new EgressDenied(target) })
  const lookup = toCheckedLookup((...args) => policy.admitsAddress(...args), target, resolve)
  const isSecure = url.startsWith('https:')
  const options: ClientOptions & { closeTimeout: number } = {
    // the types know of one value for each name
    headers: toHeaders(headers) as unknown as Record<string, string>,
    handshakeTimeout: headMs,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    followRedirects: false,
    closeTimeout: CLOSE_MS,
    createConnection: ((options: TcpNetConnectOpts) => {
      const { host = '' } = options
      return isSecure
        ? connectSecure({ ...options, lookup, servername: isIP(host) === 0 ? host : '' })
        : connectPlain({ ...options, lookup })
    }) as typeof createConnection,
  }
  const ws = new WebSocket(url, toProtocols(headers), options)
  const abort = (): void => ws.terminate()
  signal.addEventListener('abort', abort)
  try {
    return await new Promise((resolveAnswer, reject) => {
      let upgraded: IncomingMessage | undefined
      ws.on('upgrade', (answer) => (upgraded = answer))
      ws.on('unexpected-response', (_request, answer) => resolveAnswer(toRefusal(answer)))
      ws.on('error', (error) => {
        reject(error instanceof EgressDenied ? new TypeError('connection failed', { cause: error }) : error)
      })
      ws.on('open', () => {
        const options = { heartbeat, writes, owner: buffers, isServer: false, idleMs, buffers }
        const side = new ConnectionSide(ws, upgraded?.socket as Socket, options)
        const { protocol } = ws
        resolveAnswer({ ...toHead(upgraded!), body: null, side, protocol })
      })
    })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function toProtocols(headers: readonly [string, string][]): string[] {
  const said = headers.filter(([name]) => name.toLowerCase() === PROTOCOL).map(([, value]) => value)
  return said
    .join(',')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

function toHeaders(headers: readonly [string, string][]): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (lower !== PROTOCOL && !OWN.test(lower)) (all[lower] ??= []).push(value)
  }
  return all
}

function toRefusal(answer: IncomingMessage): WebSocketAnswer {
  return { ...toHead(answer), body: Readable.toWeb(answer) as ReadableStream<Uint8Array> }
}

function toHead({ statusCode = 0, statusMessage = '', rawHeaders }: IncomingMessage) {
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([rawHeaders[i]!.toLowerCase(), rawHeaders[i + 1]!])
  }
  return { status: statusCode, statusText: statusMessage, headers }
}
