/** What an app asks for by `new WebSocket()`, from its head to a connection. */

import { CDN_LOOP } from '../http/cdn-loop.ts'
import { withTrace, type TraceHeaders } from '../http/trace-context.ts'
import { EgressDenied } from '../egress/connect.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { Side } from '../web-socket/line.ts'
import type { Dialer } from './dialer.ts'
import { parseOutboundHead } from './outbound-head.ts'

export interface ConnectStart {
  /** What the guest gave to `connect`. */
  readonly head: Uint8Array
  /** What its `CDN-Loop` header says. */
  readonly loop: string
  readonly traceHeaders: TraceHeaders
}

/** A connection to a server. */
export interface Opened {
  readonly side: Side
  readonly protocol: string
}

export interface ConnectServices {
  readonly dialer: Dialer
  readonly buffers: ByteBudget
  readonly onDenied: (denied: EgressDenied) => void
}

/** A text says why there is none, fit to show to the app's developer. */
export async function connectWebSocket(
  { head: bytes, loop, traceHeaders }: ConnectStart,
  signal: AbortSignal,
  { dialer, buffers, onDenied }: ConnectServices,
): Promise<Opened | string> {
  const head = parseOutboundHead(bytes)
  if (head === undefined) return 'expected a URL of ws: or wss: without user name and password'
  const headers = [...withTrace(head.headers, traceHeaders), [CDN_LOOP, loop] as [string, string]]
  try {
    const { side, protocol = '', status, body } = await dialer.upgrade(head.url, { headers, signal, buffers })
    if (side !== undefined) return { side, protocol }
    body?.cancel().catch(() => undefined)
    return `expected the server to answer with the status 101, got ${status}`
  } catch (error) {
    const denied = error instanceof Error && error.cause
    if (!(denied instanceof EgressDenied)) return error instanceof Error ? error.message : String(error)
    onDenied(denied)
    return denied.message
  }
}
