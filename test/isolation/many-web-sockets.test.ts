/** Very many WebSockets of Durable Objects on one host: what they take while nothing is said, and a room in which much is said. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished, test } from 'vitest'

import { openHerd } from '../harness/herd.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { builtExample, fixture, serve, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const MB = 2 ** 20
const at = (times: readonly number[], share: number): number =>
  times[Math.floor((times.length - 1) * share)] ?? 0

const ROOMS: AppSpec = {
  name: 'rooms',
  path: fixture('hibernation'),
  durable_objects: {
    bindings: ['Room', 'Silent'].map((class_name) => ({ name: class_name.toUpperCase(), class_name })),
  },
  recycle_idle_ms: 500,
  web_sockets: 12_000,
  timeout_ms: 60_000,
}

async function openSockets(server: Served, app: string): Promise<number> {
  const reports = (await server.tenants()).filter(({ name }) => name === app)
  return reports.reduce((sum, { counters }) => sum + counters.openWebSockets, 0)
}

async function liveInstances(server: Served, app: string): Promise<number> {
  const reports = (await server.tenants()).filter(({ name }) => name === app)
  return reports.reduce((sum, { counters }) => sum + counters.liveInstances, 0)
}

test('10,000 that say nothing take memory for themselves alone', { timeout: 240_000 }, async ({ expect }) => {
  await using server = await serve([ROOMS, { ...NEIGHBOUR, timeout_ms: 60_000 }], 1, {
    connectionLimits: { connections: 12_000 },
  })
  // what is there anyway
  using first = await openHerd(server.port, { host: 'rooms', path: '/open?silent=1&room=room-#', count: 10 })
  const before = process.memoryUsage().rss
  using herd = await openHerd(server.port, {
    host: 'rooms',
    path: '/open?silent=1&room=0',
    count: 10_000 - 10,
  })
  await waitFor(async () => (await liveInstances(server, 'rooms')) === 0, 60_000)
  expect(await openSockets(server, 'rooms')).toBe(10_000)
  const bytes = process.memoryUsage().rss - before
  console.log(
    `10,000 idle WebSockets: ${(bytes / MB).toFixed(0)} MiB, ${(bytes / 10_240_000).toFixed(1)} KiB each`,
  )
  expect(bytes).toBeLessThan(10_000 * 60 * 1024)
  // the object is made, finds all of them, and tells them something
  const neighbour = watchNeighbour(server)
  expect((await server.send('rooms', '/send?silent=1&room=0&text=all')).text).toBe('sent')
  await waitFor(async () => (await herd.heard()).frames === 10_000 - 10, 60_000)
  expect((await neighbour.stop()).answers).toBeGreaterThan(0)
  herd[Symbol.dispose]()
  first[Symbol.dispose]()
  await waitFor(async () => (await openSockets(server, 'rooms')) === 0, 60_000)
})

test('a chat of 1,000 hears 50 messages a second', { timeout: 240_000 }, async ({ expect }) => {
  const chat: AppSpec = {
    name: 'chat',
    path: builtExample('chat'),
    durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] },
    web_sockets: 2000,
    timeout_ms: 60_000,
  }
  const storageDirectory = mkdtempSync(join(tmpdir(), 'nano-chat-'))
  onTestFinished(() => rmSync(storageDirectory, { recursive: true }))
  await using server = await serve([chat, { ...NEIGHBOUR, timeout_ms: 60_000 }], 2, { storageDirectory })
  const calm = watchNeighbour(server)
  using herd = await openHerd(server.port, { host: 'chat', path: '/rooms/lobby?name=member-#', count: 1000 })
  const { times: before } = await calm.stop()
  const neighbour = watchNeighbour(server)
  const cpu = process.cpuUsage()
  const start = performance.now()
  const said = await herd.say('at=@', 50, 10_000)
  const ms = performance.now() - start
  const { times: beside } = await neighbour.stop()
  // everybody hears all, in the end
  await waitFor(async () => (await herd.heard()).frames >= said * 1000, 120_000)
  const { user, system } = process.cpuUsage(cpu)
  const { frames, open, times } = await herd.heard()
  expect(open).toBe(1000)
  expect(frames).toBe(said * 1000)
  console.log(
    `1,000 in a room, ${((said * 1000) / ms).toFixed(0)} messages/s: ${((user + system) / 1000 / said).toFixed(1)} ms of the processor each; heard after ` +
      `${at(times, 0.5)} ms, p99 ${at(times, 0.99)}; a neighbour waited ${at(beside, 0.5).toFixed(0)} ms, p99 ${at(beside, 0.99).toFixed(0)} (before: ${at(before, 0.5).toFixed(0)}, ${at(before, 0.99).toFixed(0)})`,
  )
})
