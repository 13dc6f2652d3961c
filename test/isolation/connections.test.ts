/**
 * Connections of apps that do their worst, and far sides that do: where they lead, what the host holds for them, and how
 * many there are, beside a neighbour that never notices.
 */

import type { Socket } from 'node:net'

import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'

import { startFarSide } from '../harness/far-side.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import type { Neighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { writeForEver } from '../harness/upstream.ts'

const MIB = 1024 * 1024
const CHUNK = new Uint8Array(64 * 1024)

let server: Served
let neighbour: Neighbour

beforeAll(async () => {
  const app = (name: string, more: object = {}) => ({
    name,
    hostname: `${name}.test`,
    path: fixture('connections'),
    ...more,
  })
  const open = { egress: { private: true } }
  server = await serve([
    NEIGHBOUR,
    app('closed'),
    app('mail', { egress: { private: true, allow: ['127.0.0.1:25'] } }),
    app('open', open),
    app('greedy', { ...open, subrequests: 100_000, tcp_connections: 300, timeout_ms: 20_000 }),
    app('small', { ...open, buffer_mb: 4 }),
    app('quick', { ...open, idle_ms: 300 }),
  ])
})

afterAll(() => server.close())

beforeEach(() => {
  neighbour = watchNeighbour(server)
})

afterEach(async () => {
  await neighbour.stop()
})

const ask = async (app: string, path: string, query: Record<string, string>) =>
  (await server.send(`${app}.test`, `${path}?${new URLSearchParams(query).toString()}`)).json<unknown>()
const counters = async (app: string) => (await server.tenants()).find(({ name }) => name === app)!.counters

describe('an address that is not public', () => {
  test.for([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    'localhost',
    'LOCALHOST',
    'x.localhost',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '224.0.0.1',
    '255.255.255.255',
  ])('%s is refused, and nothing is said of it', async (host, { expect }) => {
    await using inside = await startFarSide(() => undefined)
    expect(await ask('closed', '/connect/leave', { to: `${host}:${inside.port}` })).toMatch(
      /^Error: the address is not allowed: /,
    )
    expect(inside.sockets).toEqual([])
  })

  test('is the host itself: its own port, and the port of mail, whatever is opened', async ({ expect }) => {
    for (const [app, to] of [
      ['closed', `127.0.0.1:${server.port}`],
      ['closed', `closed.localhost:${server.port}`],
      ['mail', '127.0.0.1:25'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await ask(app, '/connect/leave', { to })).toBe(`Error: the address is not allowed: ${to}`)
    }
  })
})

describe('a far side', () => {
  test('that sends without end costs a bounded part of memory, and its time is the app’s', async ({
    expect,
  }) => {
    await using far = await startFarSide((socket) => writeForEver(socket, CHUNK))
    const to = `127.0.0.1:${far.port}`
    const all = await Promise.all(
      Array.from({ length: 20 }, () => ask('open', '/connect/leave', { to, read: '' })),
    )
    expect(all).toHaveLength(20)
    const { heldBytes, openTcpConnections } = await counters('open')
    expect(openTcpConnections).toBe(20)
    expect(heldBytes).toBeLessThan(20 * 300 * 1024)
    // what none of them reads waits where it is
    const sent = far.sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0)
    expect(sent).toBeLessThan(20 * 16 * MIB)
  })

  test('that says nothing is given up', async ({ expect }) => {
    await using far = await startFarSide(() => undefined)
    const to = `127.0.0.1:${far.port}`
    expect(await ask('quick', '/connect/leave', { to, wait: '' })).toMatch(
      /nothing was sent or came for 300 ms$/,
    )
    await waitFor(async () => (await counters('quick')).openTcpConnections === 0 || undefined)
  })

  test('that takes nothing holds up the app, which is cut off when it goes on', async ({ expect }) => {
    await using far = await startFarSide((socket) => socket.pause())
    const to = `127.0.0.1:${far.port}`
    expect(await ask('quick', '/connect/flood', { to })).toEqual([
      'done',
      expect.stringMatching(/^Error: Network connection lost: /),
    ])
    expect((await counters('quick')).heldBytes).toBe(0)
  })

  test('that sends byte by byte is read in pieces', async ({ expect }) => {
    const drip = (socket: Socket): void => {
      for (let i = 0; i < 20_000; i++) socket.write('x')
      socket.end()
    }
    await using far = await startFarSide(drip)
    const { turns } = await counters('open')
    expect(await ask('open', '/connect/receive', { to: `127.0.0.1:${far.port}` })).toBe(20_000)
    expect((await counters('open')).turns - turns).toBeLessThan(10_000)
  })
})

describe('an app', () => {
  test('that wants a thousand has what it may, which are closed when it ends', async ({ expect }) => {
    await using far = await startFarSide((socket) => socket.resume().on('end', () => socket.end()))
    const to = `127.0.0.1:${far.port}`
    const counts = (await ask('greedy', '/connect/many', { to, count: '1000' })) as Record<string, number>
    expect(counts['opened']).toBe(300)
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(1000)
    expect(await counters('greedy')).toMatchObject({ openTcpConnections: 300 })
    await server.put({ name: 'greedy', hostname: 'greedy.test', path: fixture('memory') })
    await waitFor(() => far.sockets.every(({ closed }) => closed) || undefined, 10_000)
  })

  test('whose buffers are small has few', async ({ expect }) => {
    await using far = await startFarSide(() => undefined)
    const counts = await ask('small', '/connect/many', { to: `127.0.0.1:${far.port}`, count: '200' })
    const { opened = 0 } = counts as Record<string, number>
    expect(opened).toBeGreaterThan(10)
    expect(opened).toBeLessThan(60)
    expect((await counters('small')).heldBytes).toBeLessThan(4 * MIB)
  })
})
