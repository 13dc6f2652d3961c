/**
 * HTTP requests to the server under test, over node:http, so that a test chooses the Host header and sees what came
 * over the wire.
 */

import { Agent, request as startRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

export interface Sent {
  host: string
  path: string
  method?: string
  headers?: OutgoingHttpHeaders
  /** A stream goes out chunked. */
  body?: string | Uint8Array | Readable
  agent?: Agent
  /** The client's address, one of this machine. */
  from?: string
  /** The server's, in place of this machine's own. */
  to?: string
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Name and value by turns, as they came. */
  rawHeaders: string[]
  body: Buffer
  text: string
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says the shape and then checks it
  json<T = Record<string, unknown>>(): T
}

/** Send one request and read its whole answer. Without an agent each request has its own connection. */
export async function send(port: number, sent: Sent): Promise<Answer> {
  const message = await open(port, sent)
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    body,
    text: body.toString(),
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as declared above
    json: <T>() => JSON.parse(body.toString()) as T,
  }
}

/** Send one request and resolve at the head of its answer; the body is the caller's to read or to destroy. */
export function open(port: number, sent: Sent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { host, path, method = 'GET', headers = {}, body, agent = false, from = '127.0.0.1', to } = sent
    const request = startRequest({
      host: to ?? '127.0.0.1',
      ...(to === undefined && { localAddress: from }),
      port,
      path,
      method,
      agent,
      headers: { ...headers, host },
    })
    request.on('response', resolve).on('error', reject)
    if (body === undefined) request.end()
    else if (typeof body === 'string' || body instanceof Uint8Array) request.end(body)
    else body.pipe(request)
  })
}

/** An agent that keeps this many connections. */
export function keepAlive(sockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: sockets })
}

/** The code of one of NANO's own answers. */
export function codeOf(answer: Answer): string | undefined {
  return answer.json<{ error?: { code: string } }>().error?.code
}
