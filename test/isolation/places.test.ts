/** One client that takes as many of an app's places as it can, and the app's other clients. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'

const HOST = 'app.test'
const GREEDY = 600

test('half-sent bodies of one client leave places for the others', async ({ expect }) => {
  await using server = await serve([
    { name: 'app', hostname: HOST, path: fixture('mirror'), timeout_ms: 10_000 },
    NEIGHBOUR,
  ])
  await using neighbour = watchNeighbour(server)
  await server.send(HOST, '/')
  const sockets: Socket[] = []
  for (let i = 0; i < GREEDY; i++) {
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    socket.on('error', () => {})
    socket.resume()
    socket.write(
      `POST /buffered-echo HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(100)}`,
    )
    sockets.push(socket)
  }
  // as many as it gets, of those that are worked at and of those that wait
  await waitFor(async () => {
    const { openRequests, queuedRequests } = await server.counters()
    return openRequests >= 224 && openRequests + queuedRequests >= 440 ? true : undefined
  }, 10_000)
  const answers = await Promise.all(Array.from({ length: 25 }, () => server.send(HOST, '/')))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  await neighbour.stop()
  const gone = sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close'))
  for (const socket of sockets) socket.destroy()
  await Promise.all(gone)
  await waitFor(async () => {
    const { openRequests, queuedRequests } = await server.counters()
    return openRequests + queuedRequests === 0 ? true : undefined
  }, 10_000)
})
