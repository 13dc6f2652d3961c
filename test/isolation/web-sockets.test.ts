/** Hostile WebSockets: clients that flood, never read and open as many as they can, and an app that keeps what it can, beside others. */

import type { Socket } from 'node:net'

import { afterAll, beforeAll, test } from 'vitest'

import { frame, OP } from '../harness/frames.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { openWebSocket } from '../harness/web-socket.ts'
import type { WebSocketClient } from '../harness/web-socket.ts'

const PATIENCE_MS = 120_000
const MB = 2 ** 20
const durable_objects = {
  bindings: ['Room', 'Silent'].map((class_name) => ({ name: class_name.toUpperCase(), class_name })),
}

let server: Served
beforeAll(async () => {
  const rooms = fixture('hibernation')
  server = await serve([
    { name: 'sockets', path: fixture('web-sockets'), timeout_ms: 60_000 },
    { name: 'rooms', path: rooms, durable_objects, timeout_ms: 60_000 },
    { name: 'pings', path: rooms, durable_objects, timeout_ms: 60_000 },
    { name: 'small', path: rooms, durable_objects, web_sockets: 80, timeout_ms: 60_000 },
    { name: 'held', path: rooms, durable_objects, buffer_mb: 1, timeout_ms: 60_000 },
    { ...NEIGHBOUR, timeout_ms: PATIENCE_MS },
  ])
})
afterAll(() => server.close())

/** From this address. */
const open = (host: string, path: string, from = '127.0.0.1'): Promise<WebSocketClient> =>
  openWebSocket(server.port, { host, path, options: { localAddress: from } })

async function countersOf(app: string) {
  const reports = (await server.tenants()).filter(({ name }) => name === app)
  const sum = (key: 'openWebSockets' | 'webSocketMessages' | 'heldBytes' | 'liveInstances') =>
    reports.reduce((total, { counters }) => total + counters[key], 0)
  return {
    open: sum('openWebSockets'),
    messages: sum('webSocketMessages'),
    held: sum('heldBytes'),
    live: sum('liveInstances'),
  }
}

/** Its connection. */
function toSocket(client: WebSocketClient): Socket {
  const { _socket: socket } = client.socket as unknown as { _socket: Socket }
  return socket
}

/** Writes messages, many at once, for as long as it is let. */
function flood(client: WebSocketClient, text: string): () => void {
  const state = { isOn: true }
  const socket = toSocket(client)
  const many = Buffer.concat(Array.from({ length: 200 }, () => frame(OP.text, text)))
  const write = (): void => {
    if (state.isOn && socket.write(many)) setTimeout(write, 1)
  }
  socket.on('drain', write)
  write()
  return () => {
    state.isOn = false
    client.socket.terminate()
  }
}

test.for(['sockets', 'rooms'])(
  'a client that floods %s with messages holds up nobody else',
  { timeout: PATIENCE_MS },
  async (app, { expect }) => {
    const path = app === 'rooms' ? '/open' : '/echo'
    const neighbour = watchNeighbour(server)
    const hostile = await Promise.all(Array.from({ length: 10 }, () => open(app, path, '127.0.0.2')))
    const stops = hostile.map((client) => flood(client, 'echo x'))
    using other = await open(app, path)
    await waitFor(async () => (await countersOf(app)).messages > 100, 20_000)
    for (let i = 0; i < 8; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const before = (await countersOf(app)).messages
      other.socket.send(`echo ${i}`)
      // oxlint-disable-next-line no-await-in-loop
      expect(await other.next()).toBe(`echo ${i}`)
      // oxlint-disable-next-line no-await-in-loop
      expect((await server.send(app, app === 'rooms' ? '/number' : '/gotten')).status).toBe(200)
      // clients have their turns, and requests and messages come by turns; what is read from the counters is late
      // oxlint-disable-next-line no-await-in-loop
      expect((await countersOf(app)).messages - before).toBeLessThan(2000)
    }
    for (const stop of stops) stop()
    expect((await neighbour.stop()).answers).toBeGreaterThan(10)
  },
)

test(
  'one client gets some of the WebSockets that an app may have, and leaves others some',
  { timeout: PATIENCE_MS },
  async ({ expect }) => {
    const opened: WebSocketClient[] = []
    const openAll = async (from: string): Promise<number> => {
      for (let count = 0; ; count++) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const client = await open('small', `/open?room=${count}`, from).catch(() => undefined)
        if (client === undefined) return count
        opened.push(client)
      }
    }
    const first = await openAll('127.0.0.2')
    const second = await openAll('127.0.0.3')
    expect(first).toBeGreaterThan(60)
    expect(first).toBeLessThan(78)
    expect(second).toBeGreaterThan(0)
    for (const client of opened) client.socket.terminate()
    await waitFor(async () => (await countersOf('small')).open === 0, 20_000)
  },
)

test(
  'what the host answers is held up by who does not read it, and ends',
  { timeout: PATIENCE_MS },
  async ({ expect }) => {
    const neighbour = watchNeighbour(server)
    await using quiet = { [Symbol.asyncDispose]: () => neighbour[Symbol.asyncDispose]() }
    void quiet
    const clients = await Promise.all(Array.from({ length: 5 }, () => open('pings', '/open', '127.0.0.2')))
    await server.send('pings', `/auto?request=ping&response=${'x'.repeat(2000)}`)
    const stops = clients.map((client) => {
      client.socket.pause()
      return flood(client, 'ping')
    })
    // each of them is over when more than web_socket_buffer_kb wait for it
    await waitFor(async () => (await countersOf('pings')).open === 0, 60_000)
    expect((await countersOf('pings')).held).toBeLessThan(5 * 4 * MB)
    for (const stop of stops) stop()
    expect((await neighbour.stop()).answers).toBeGreaterThan(10)
  },
)

test(
  'a client whose messages never come to their end leaves others room for theirs',
  { timeout: PATIENCE_MS },
  async ({ expect }) => {
    const parts = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const client = await open('held', '/open?room=parts', '127.0.0.2')
        // the beginning of a message of 200 KiB
        toSocket(client).write(frame(OP.binary, Buffer.alloc(150 * 1024), { length: 200n * 1024n }))
        return client
      }),
    )
    // as many as have room in half of it
    await waitFor(async () => (await countersOf('held')).open <= 4, 20_000)
    expect(await Promise.race(parts.map(({ over }) => over))).toEqual([1013, ''])
    using other = await open('held', '/open?room=other')
    other.socket.send('x'.repeat(300 * 1024))
    other.socket.send('echo after')
    expect(await other.next()).toBe('echo after')
    for (const client of parts) client.socket.terminate()
    await waitFor(async () => (await countersOf('held')).open <= 1, 20_000)
  },
)

test('attachments are on the byte budget of the app', { timeout: PATIENCE_MS }, async ({ expect }) => {
  const clients: WebSocketClient[] = []
  let filled = 0
  for (let i = 0; i < 80; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const client = await open('held', '/open?room=held')
    clients.push(client)
    client.socket.send('fill')
    client.socket.send('echo after')
    // oxlint-disable-next-line no-await-in-loop
    if ((await Promise.race([client.next(), client.over])) === 'filled') filled++
  }
  expect(filled).toBeGreaterThan(50)
  expect(filled).toBeLessThan(MB / 16_000)
  expect((await countersOf('held')).held).toBeLessThanOrEqual(MB)
  await server.logged('[held', 'buffer_mb allows; attach less')
  for (const client of clients) client.socket.terminate()
  await waitFor(async () => (await countersOf('held')).held === 0, 20_000)
})
