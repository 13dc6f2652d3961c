/**
 * Connections of clients that go on as WebSockets: which requests ask for that, and what becomes of the connection when the
 * app agrees. `ws` has the protocol, the app's answer the headers.
 *
 *     GET with Upgrade  >  the app, as any request  >  101: handshake, and the connection is a side of a line
 *                                                   >  another answer: it goes out, and the connection ends
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { WebSocketServer } from 'ws'
import type { ServerOptions } from 'ws'

import type { Limits } from '../config/limits.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { toValues } from '../http/header-lines.ts'
import { CLOSE_MS, ConnectionSide } from '../web-socket/connection-side.ts'
import { Heartbeat } from '../web-socket/heartbeat.ts'
import { couple, GOING_AWAY } from '../web-socket/line.ts'
import type { Side } from '../web-socket/line.ts'
import { Writes } from '../web-socket/writes.ts'
import { ClientBudgets } from './client-budgets.ts'
import { isAnswering } from './connection-end.ts'

const BYTES_PER_MB = 1024 * 1024
const PROTOCOL = 'sec-websocket-protocol'
const KEY = /^[+/0-9A-Za-z]{22}==$/
const VERSION = '13'

/** Whether a request asks for a WebSocket as the standard has it, and nothing on its connection is to be answered before. */
export function isHandshake(incoming: IncomingMessage): boolean {
  const { method, httpVersionMajor, httpVersionMinor, headers, socket } = incoming
  return (
    method === 'GET' &&
    httpVersionMajor === 1 &&
    httpVersionMinor > 0 &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === VERSION &&
    KEY.test(headers['sec-websocket-key'] ?? '') &&
    (headers['content-length'] ?? '0') === '0' &&
    headers['transfer-encoding'] === undefined &&
    !isAnswering(socket)
  )
}

/** A connection that may become a WebSocket. */
export interface Offer {
  readonly outgoing: ServerResponse
  /** What came behind the request. */
  readonly takeHead: () => Buffer
}

/** What the app says of it. */
export interface Agreement {
  /** A list of names and values, those of the handshake aside. */
  readonly headers: readonly string[]
  readonly side: Side
  readonly buffers: ByteBudget
  readonly limits: Pick<Limits, 'bufferMb' | 'webSocketMessageKb' | 'webSocketIdleMs'>
  readonly client: string
}

/** The WebSockets of a server. */
export class Upgrades {
  readonly #heartbeat = new Heartbeat()
  readonly #writes = new Writes()
  readonly #open = new Set<ConnectionSide>()
  readonly #budgets = new ClientBudgets()
  /** By the largest message that they take. */
  readonly #servers = new Map<number, WebSocketServer>()
  /** What goes with the handshake that is being written. */
  #lines: readonly string[] = []
  #protocol: string | undefined
  #isClosing = false

  /** The connection is one side of the line from here on. */
  accept({ outgoing, takeHead }: Offer, { headers, side, buffers, client, limits }: Agreement): void {
    const { req: incoming } = outgoing
    const { socket } = incoming
    this.#protocol = toValues([...headers], PROTOCOL)[0]
    this.#lines = toLines(headers)
    outgoing.detachSocket(socket)
    socket.removeAllListeners('data')
    const server = this.#serverFor(limits.webSocketMessageKb * 1024)
    let isOpen = false
    server.handleUpgrade(incoming, socket, takeHead(), (ws) => {
      isOpen = true
      const lent = this.#budgets.lend(client, buffers, limits.bufferMb * BYTES_PER_MB)
      const onOver = (over: ConnectionSide): void => {
        this.#open.delete(over)
        lent[Symbol.dispose]()
      }
      const own = new ConnectionSide(ws, socket, {
        heartbeat: this.#heartbeat,
        writes: this.#writes,
        owner: buffers,
        isServer: true,
        idleMs: limits.webSocketIdleMs,
        buffers: lent.budget,
        onOver,
      })
      this.#open.add(own)
      couple(own, side)
      if (this.#isClosing) own.closed(GOING_AWAY)
    })
    // the client has left in the meantime
    if (!isOpen) side.closed(GOING_AWAY)
  }

  /** Clients are to go elsewhere. */
  close(): void {
    this.#isClosing = true
    for (const side of this.#open) side.closed(GOING_AWAY)
  }

  /** What is still open is cut. */
  cut(): void {
    for (const side of this.#open) side.cut()
    this.#heartbeat[Symbol.dispose]()
  }

  #serverFor(maxPayload: number): WebSocketServer {
    const known = this.#servers.get(maxPayload)
    if (known !== undefined) return known
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload,
      closeTimeout: CLOSE_MS,
      handleProtocols: (offered) => {
        const said = this.#protocol
        return said !== undefined && offered.has(said) ? said : false
      },
    }
    const server = new WebSocketServer(options)
    server.on('headers', (lines) => void lines.push(...this.#lines))
    this.#servers.set(maxPayload, server)
    return server
  }
}

/** As they are written, without those of the handshake. */
function toLines(headers: readonly string[]): string[] {
  const lines: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!headers[i]!.toLowerCase().startsWith('sec-websocket-'))
      lines.push(`${headers[i]}: ${headers[i + 1]}`)
  }
  return lines
}
