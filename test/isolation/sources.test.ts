/**
 * What goes on for longer than a request usually does: streams for a day, work behind responses, instances that finish
 * what they began. Each is paid for by the request that began it, and ends alone.
 */
import type { IncomingMessage } from 'node:http'
import { expect as check, test } from 'vitest'

import { open } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const HOST = 'app.test'
const MIB = 1024 * 1024

function toApp(limits: Partial<AppSpec>): AppSpec {
  return { name: 'app', hostname: HOST, path: fixture('sources'), ...limits }
}

/** A stream of events that is read. */
class Stream {
  events = 0
  isOver = false
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage) {
    this.#message = message
    message.on('data', (bytes: Buffer) => (this.events += bytes.toString().split('data:').length - 1))
    message.on('close', () => (this.isOver = true))
    message.on('error', () => {})
  }

  static async open(server: Served, path: string): Promise<Stream> {
    return new Stream(await open(server.port, { host: HOST, path }))
  }

  /** So many more events, or its end. */
  async moves(events: number): Promise<void> {
    const wanted = this.events + events
    await waitFor(() => (this.isOver || this.events >= wanted ? true : undefined), 20_000)
  }

  close(): void {
    this.#message.destroy()
  }
}

/** Rounds of `work` that take a millisecond. */
async function calibrate(server: Served): Promise<number> {
  const rounds = 200_000
  let least = Infinity
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    check((await server.send(HOST, `/burn?rounds=${rounds}`)).status).toBe(200)
    least = Math.min(least, performance.now() - start)
  }
  return Math.round(rounds / least)
}

test('a stream that works a little all the time is never over its limit, and nor are others', async ({
  expect,
}) => {
  const cpuMs = 100
  await using server = await serve([toApp({ cpu_ms: cpuMs }), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  const perMs = await calibrate(server)
  const innocent = await Promise.all([1, 2, 3].map(() => Stream.open(server, '/ticks?every=50&rounds=0')))
  const busy = await Stream.open(server, `/ticks?every=25&rounds=${perMs * 2}`)
  // more than twice what a request may have at once
  await busy.moves((2.5 * cpuMs) / 2)
  expect([busy, ...innocent].map(({ isOver }) => isOver)).toEqual([false, false, false, false])
  expect((await server.counters()).traps).toBe(0)
  for (const stream of [busy, ...innocent]) stream.close()
  await neighbour.stop()
})

test('a stream that works too much is cut alone', async ({ expect }) => {
  await using server = await serve([toApp({ cpu_ms: 100 }), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  const perMs = await calibrate(server)
  const innocent = await Promise.all([1, 2, 3].map(() => Stream.open(server, '/ticks?every=20&rounds=0')))
  const greedy = await Stream.open(server, `/ticks?every=1&rounds=${perMs * 30}`)
  await waitFor(() => (greedy.isOver ? true : undefined), 10_000)
  await server.logged('GET /ticks', 'APP_CPU_LIMIT')
  await Promise.all(innocent.map((stream) => stream.moves(20)))
  expect(innocent.map(({ isOver }) => isOver)).toEqual([false, false, false])
  expect(await server.counters()).toMatchObject({ traps: 0, openRequests: 3 })
  for (const stream of innocent) stream.close()
  await neighbour.stop()
})

test('what waitUntil holds again and again ends in time, and all that is held beside it', async ({
  expect,
}) => {
  await using server = await serve([toApp({ background_ms: 400 }), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  await server.send(HOST, '/count')
  const chains = 4
  for (let i = 0; i < chains; i++) {
    await server.send(HOST, '/chain')
    await server.send(HOST, '/hold')
  }
  const limited = (): string[] => server.log.filter((entry) => entry.includes('APP_BACKGROUND_LIMIT'))
  await waitFor(() => (limited().length >= 2 * chains ? true : undefined))
  expect(limited()).toHaveLength(2 * chains)
  // nobody is there any more to work for
  const read = async (): Promise<number> =>
    (await server.send(HOST, '/counted')).json<{ ticks: number }>().ticks
  const before = await read()
  await sleep(1000)
  expect((await read()) - before).toBeLessThan(100)
  await neighbour.stop()
})

test('instances that finish their streams have no more memory than is allowed', async ({ expect }) => {
  const limitMb = 256
  await using server = await serve([toApp({ memory_mb: 128 }), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  const streams: Stream[] = []
  for (let i = 0; i < 8; i++) {
    streams.push(await Stream.open(server, '/keep?mb=90'))
    await streams.at(-1)!.moves(1)
    const reports = await server.tenants()
    const { memoryBytes, liveInstances } = reports.find(({ name }) => name === 'app')!.counters
    expect(memoryBytes / MIB).toBeLessThanOrEqual(limitMb)
    expect(liveInstances).toBeLessThanOrEqual(2)
  }
  // the oldest made room for the youngest
  await waitFor(() => (streams[0]!.isOver ? true : undefined))
  expect(streams.map(({ isOver }) => isOver).lastIndexOf(true)).toBeLessThan(7)
  expect(streams.at(-1)!.isOver).toBe(false)
  await server.logged('GET /keep', 'APP_REPLACED')
  for (const stream of streams) stream.close()
  await neighbour.stop()
})

test('an instance that is replaced has its time to finish its streams, and no more', async ({ expect }) => {
  await using server = await serve([toApp({ recycle_requests: 1, retire_ms: 500 }), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  const stream = await Stream.open(server, '/ticks?every=10&rounds=0')
  await stream.moves(10)
  expect(stream.isOver).toBe(false)
  await waitFor(() => (stream.isOver ? true : undefined))
  await server.logged('GET /ticks', 'APP_REPLACED')
  expect((await server.send(HOST, '/')).text).toBe('fine')
  await neighbour.stop()
})
