/**
 * The ingress alone, with one tenant `a` that is a plain function: for what a client can do to a connection and what a
 * guest could say if nothing stood before it. Use it within a test; it ends with it.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'

import { onTestFinished } from 'vitest'

import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import type { Limits } from '../../host/config/limits.ts'
import type { ErrorCode } from '../../host/errors.ts'
import { createIngress } from '../../host/ingress/serve.ts'
import type { Ingress, IngressOptions } from '../../host/ingress/serve.ts'
import { ByteBudget } from '../../host/limits/byte-budget.ts'
import type { Exchange, ExchangeListener } from '../../host/tenant/exchange.ts'
import { Counts } from '../../host/tenant/report.ts'

/** Answers a request; `events` is what the tenant has heard so far. */
export type Handler = (exchange: Exchange, events: string[]) => void

export interface Started {
  readonly port: number
  /** What the tenant heard: bodies that failed, clients that went, writers that may go on. */
  readonly events: string[]
  /** What was refused, as the tenant's log has it. */
  readonly refused: string[]
  readonly ingress: Ingress
  /** Bytes on the tenant's account. */
  held(): number
}

type Settings = { limits?: Partial<Limits> } & Partial<
  Pick<IngressOptions, 'connectionLimits' | 'tls' | 'trustedProxies' | 'onRequest'>
>

/** A server whose one tenant runs `handler`. Bodies that the handler pulls are answered with their length. */
export async function startIngress(handler: Handler, settings: Settings = {}): Promise<Started> {
  const events: string[] = []
  const refused: string[] = []
  const { limits, ...options } = settings
  const buffers = new ByteBudget(256 * 1024 * 1024)
  const tenant = {
    name: 'a',
    version: undefined,
    versionLabel: '1',
    limits: { ...DEFAULT_LIMITS, ...limits },
    buffers,
    counts: new Counts(),
    refused: (_code: ErrorCode, _request: string, text: string) => refused.push(text),
    handle(exchange: Exchange): ExchangeListener {
      queueMicrotask(() => handler(exchange, events))
      return toListener(exchange, events)
    },
  }
  const ingress = createIngress({
    find: (hostname) => (hostname === 'a' ? tenant : undefined),
    shard: 1,
    onError: (error) => events.push(error.message),
    ...options,
  })
  ingress.admitHeads(64 * 1024)
  ingress.server.listen(0, '127.0.0.1')
  await once(ingress.server, 'listening')
  onTestFinished(() => ingress.close(0))
  const { port } = ingress.server.address() as AddressInfo
  return { port, events, refused, ingress, held: () => buffers.held }
}

function toListener(exchange: Exchange, events: string[]): ExchangeListener {
  let length = 0
  return {
    cpuMs: 0,
    isCold: false,
    bodyChunk(bytes, last) {
      length += bytes.length
      if (last) exchange.send(200, new Uint8Array(), toBytes(String(length)))
      else exchange.pullBody()
    },
    bodyFailed: (message) => events.push(`failed: ${message}`),
    writable: () => events.push('writable'),
    clientGone: () => events.push('gone'),
  }
}

/** Everything that the server says to `text` until it closes, but for the dates and the requests' ids. */
export async function talk(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.setEncoding('latin1').on('data', (data: string) => (heard += data))
  socket.on('error', () => {})
  socket.write(text, 'latin1')
  await once(socket, 'close')
  return heard.replaceAll(/\r\n(?:Date|X-Request-ID): [^\r]*/g, '')
}

/** Headers as a guest writes them: name and value by turns. */
export function toHeaders(...fields: string[]): Uint8Array {
  return toBytes(fields.map((field) => `${field}\n`).join(''))
}

export function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
