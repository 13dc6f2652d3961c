/**
 * Floods of things that have no bytes, or one: each costs the host memory all the same. The app has the limits that hold
 * where nobody says anything but for processor time, its guest calls the imports itself, and the shard's own heap is small.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { open } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour, type Neighbour } from '../harness/neighbour.ts'
import { example, serve, waitFor, type Served } from '../harness/serve.ts'
import { startUpstream, type Upstream } from '../harness/upstream.ts'

const HEAP_MB = 64
const MIB = 1024 * 1024
const CLIENTS = 12

const folder = mkdtempSync(join(tmpdir(), 'nano-flood-'))
const sockets: Socket[] = []
let server: Served
let upstream: Upstream
let neighbour: Neighbour

beforeAll(async () => {
  upstream = await startUpstream(() => undefined)
  const guest = fileURLToPath(new URL('../instance/flooding-guest.ts', import.meta.url))
  const path = join(folder, 'flood.wasm')
  writeFileSync(path, (await buildApp({ entry: example('hello'), shim: guest })).component)
  const flood = { name: 'flood', hostname: 'flood.test', path, egress: { private: true } }
  server = await serve([flood, NEIGHBOUR], 1, { heapMb: HEAP_MB })
})

afterAll(async () => {
  await server.close()
  await upstream.close()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  neighbour = watchNeighbour(server)
  // what is begun is kept while somebody is there to work for
  const held = await open(server.port, { host: 'flood.test', path: '/hold' })
  held.on('error', () => undefined)
  sockets.push(held.socket)
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await neighbour.stop()
})

async function ask(path: string): Promise<number> {
  return (await server.send('flood.test', `${path}?url=${upstream.url}/never`)).status
}

async function held(): Promise<number> {
  return (await server.counters()).heldBytes
}

function readNothing(path: string): void {
  const socket = connect(server.port, '127.0.0.1')
  socket.pause()
  socket.on('error', () => undefined)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: flood.test\r\n\r\n`)
  sockets.push(socket)
}

test.for([
  ['/empty-upload', 20],
  ['/byte-upload', 20],
  ['/heads', 30],
  ['/lines', 20],
] as const)('%s costs the host about its bytes', async ([path, times], { expect }) => {
  for (let i = 0; i < times; i++) expect(await ask(path)).toBe(200)
  expect(await held()).toBeLessThan(16 * MIB)
  expect(server.log.filter((line) => line.includes('died'))).toEqual([])
})

test.for(['/empty-response', '/byte-response'])(
  '%s to clients that do not read costs the host about its bytes',
  async (path, { expect }) => {
    const isOpen = async (count: number) => (await server.counters()).openRequests > count || undefined
    for (let i = 1; i <= CLIENTS; i++) {
      readNothing(path)
      await waitFor(() => isOpen(i))
    }
    expect(await held()).toBeLessThan(CLIENTS * 8.5 * MIB)
    expect(server.log.filter((line) => line.includes('died'))).toEqual([])
  },
)
