import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

import { test } from 'vitest'

import { Connection } from './connection.ts'

/** What the connection says when the server answers so, piece by piece. */
async function ask(pieces: readonly string[], end: (socket: Socket) => void): Promise<unknown[]> {
  const server = createServer((socket) => {
    const writeFrom = (at: number): void => {
      if (at === pieces.length) end(socket)
      else socket.write(pieces[at]!, () => setImmediate(writeFrom, at + 1))
    }
    socket.once('data', () => writeFrom(0))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const said: unknown[] = []
  await new Promise<void>((resolve) => {
    const connection = new Connection((server.address() as AddressInfo).port, {
      onAnswer(ok, stays) {
        said.push({ ok, stays })
      },
      onClose(broke) {
        said.push({ broke })
        resolve()
      },
    })
    connection.ask(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
  })
  server.close()
  return said
}

test('an answer is one when its chunks are there', async ({ expect }) => {
  const pieces = ['HTTP/1.1 200 OK\r\ntransfer-enc', 'oding: chunked\r\n\r\n3\r\nab', 'c\r\n0\r\n\r\n']
  expect(await ask(pieces, (socket) => socket.end())).toEqual([{ ok: true, stays: true }, { broke: false }])
})

test('an answer may be an error, and the last of its connection', async ({ expect }) => {
  const pieces = ['HTTP/1.1 500 Oh\r\ncontent-length: 2\r\nConnection: close\r\n\r\n', 'no']
  expect(await ask(pieces, () => undefined)).toEqual([{ ok: false, stays: false }, { broke: false }])
})

test('a connection breaks that is gone without an answer', async ({ expect }) => {
  const pieces = ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf']
  expect(await ask(pieces, (socket) => socket.destroy())).toEqual([{ broke: true }])
})
