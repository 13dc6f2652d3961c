/**
 * Servers for apps to fetch from: a plain one, which counts how many requests it holds at once, and one that says what
 * it likes on its sockets.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Upstream {
  readonly url: string
  readonly mostAtOnce: number
  readonly total: number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startUpstream(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Upstream> {
  let open = 0
  let mostAtOnce = 0
  let total = 0
  const server = createServer((request, response) => {
    total += 1
    open += 1
    mostAtOnce = Math.max(mostAtOnce, open)
    response.on('close', () => (open -= 1))
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mostAtOnce() {
      return mostAtOnce
    },
    get total() {
      return total
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Answers nobody before so many requests are there, and then all of them. */
export function answerTogether(
  count: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end('text'),
): (request: IncomingMessage, response: ServerResponse) => void {
  let waiting: (() => void)[] = []
  return (request, response) => {
    waiting.push(() => answer(request, response))
    if (waiting.length < count) return
    for (const each of waiting) each()
    waiting = []
  }
}

export interface RawUpstream {
  readonly url: string
  /** All connections that there have been. */
  readonly sockets: readonly Socket[]
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server that answers with bytes; `answer` gets the first bytes of each connection, a request's head as a rule. */
export async function startRawUpstream(
  answer: (socket: Socket, head: string) => unknown,
): Promise<RawUpstream> {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    // a client that goes away is what is tested
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => void answer(socket, bytes.toString('latin1')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, sockets, close, [Symbol.asyncDispose]: close }
}

/** Write this again and again, as fast as the other side takes it or with a pause. */
export function writeForEver(socket: Socket, bytes: string | Uint8Array, pauseMs?: number): void {
  if (pauseMs !== undefined) {
    const timer = setInterval(() => socket.write(bytes), pauseMs)
    socket.on('close', () => clearInterval(timer))
    return
  }
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  }
  socket.on('drain', more)
  more()
}
