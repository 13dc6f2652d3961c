/** Servers of TCP for apps to connect to. */

import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface FarSide extends AsyncDisposable {
  readonly port: number
  /** All connections that there have been. */
  readonly sockets: readonly Socket[]
}

/** `serve` gets each connection, which may be half open. */
export async function startFarSide(serve: (socket: Socket) => unknown): Promise<FarSide> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    // a client that goes away is what is tested
    socket.on('error', () => undefined)
    void serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** All that comes, until the other side sends no more. */
export async function readAll(socket: Socket): Promise<string> {
  let text = ''
  for await (const part of socket.iterator({ destroyOnReturn: false })) text += String(part)
  return text
}
