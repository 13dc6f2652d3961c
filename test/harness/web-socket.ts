/** A client of WebSockets that keeps what comes until somebody asks for it. */

import { once } from 'node:events'

import { WebSocket, WebSocketServer } from 'ws'
import type { ClientOptions } from 'ws'

export interface WebSocketClient extends Disposable {
  readonly socket: WebSocket
  /** The next message: a text, or bytes as a list. */
  next(): Promise<string | readonly number[]>
  /** Code and reason of the end. */
  readonly over: Promise<readonly [code: number, reason: string]>
}

export interface ClientPlace {
  readonly host: string
  readonly path: string
  readonly protocols?: readonly string[]
  readonly options?: ClientOptions
}

/** Rejects when the handshake fails; a refusal as `status body`. */
export async function openWebSocket(port: number, place: ClientPlace): Promise<WebSocketClient> {
  const { host, path, protocols = [], options } = place
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...protocols], {
    headers: { host },
    ...options,
  })
  const came: (string | readonly number[])[] = []
  const waiting: ((message: string | readonly number[]) => void)[] = []
  socket.on('message', (data: Buffer, isBinary) => {
    const message = isBinary ? [...data] : data.toString()
    const next = waiting.shift()
    if (next === undefined) came.push(message)
    else next(message)
  })
  const over = new Promise<readonly [number, string]>((resolve) => {
    socket.on('close', (code, reason) => resolve([code, reason.toString()]))
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, answer) => {
      let body = ''
      answer.on('data', (part: Buffer) => (body += part.toString()))
      answer.on('end', () => reject(new Error(`${answer.statusCode} ${body}`)))
    })
  })
  return {
    socket,
    over,
    next: () => {
      const message = came.shift()
      return message === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(message)
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

/** A server that says back what it hears. */
export async function openEchoServer() {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered].at(-1) ?? false,
  })
  const heads: NodeJS.Dict<string | string[]>[] = []
  server.on('connection', (socket, { headers }) => {
    heads.push(headers)
    socket.on('message', (data: Buffer, isBinary) => socket.send(data, { binary: isBinary }))
  })
  server.on('headers', (lines) => lines.push('x-upstream: yes'))
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    heads,
    [Symbol.dispose]() {
      server.close()
      for (const client of server.clients) client.terminate()
    },
  }
}
