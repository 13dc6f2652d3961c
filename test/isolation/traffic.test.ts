/**
 * More than one's share of requests, fetches, time after the response and bytes that the host holds: each is bounded
 * for its tenant, beside a neighbour that never notices.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'

import { codeOf, open } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour, type Neighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep, waitFor, type AppSpec, type Served } from '../harness/serve.ts'
import { startUpstream, type Upstream } from '../harness/upstream.ts'

const MIB = 1024 * 1024

function greedy(name: string, more: Partial<AppSpec>): AppSpec {
  const egress = { private: true }
  return { name, hostname: `${name}.test`, path: fixture('greedy'), egress, ...more }
}

interface Outcome {
  answered: number
  failed: number
  error?: string
}

let server: Served
let upstream: Upstream
let neighbour: Neighbour

beforeAll(async () => {
  upstream = await startUpstream(async (request, response) => {
    if (request.url === '/never') return
    await sleep(20)
    response.end('answer')
  })
  server = await serve([
    greedy('crowd', { concurrent_requests: 4, queued_requests: 4 }),
    greedy('queue', { concurrent_requests: 1, queued_requests: 1 }),
    greedy('single', { concurrent_requests: 1, queued_requests: 1, timeout_ms: 300 }),
    greedy('fetches', { subrequests: 50, concurrent_subrequests: 6 }),
    greedy('lasting', { background_ms: 200 }),
    greedy('bytes', { buffer_mb: 32, memory_mb: 256, timeout_ms: 1000, background_ms: 300 }),
    greedy('loop', { hostname: 'localhost' }),
    greedy('lock', { hostname: '127.0.0.1', concurrent_requests: 1, queued_requests: 1, timeout_ms: 300 }),
    NEIGHBOUR,
  ])
})

afterAll(async () => {
  await server.close()
  await upstream.close()
})

beforeEach(() => {
  neighbour = watchNeighbour(server)
})

afterEach(async () => {
  await neighbour.stop()
})

describe('requests', () => {
  test('beyond those that are worked at some wait, and the others are refused at once', async ({
    expect,
  }) => {
    const crowd = Array.from({ length: 20 }, () => server.send('crowd.test', '/wait?count=300'))
    const answers = await Promise.all(crowd)
    const served = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 503)
    expect([served.length, refused.length]).toEqual([8, 12])
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['APP_BUSY']))
    expect(refused[0]!.headers['retry-after']).toBe('1')
    expect((await server.send('crowd.test', '/')).text).toBe('fine')
  })

  test('one that waits for a place has no more time than any other', async ({ expect }) => {
    const dripping = await open(server.port, { host: 'single.test', path: '/drip' })
    const answer = await server.send('single.test', '/')
    expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_BUSY'])
    await server.logged('[single ', 'APP_BUSY')
    dripping.destroy()
    await waitFor(async () => (await server.send('single.test', '/')).status === 200 || undefined)
  })

  test('a client that leaves the queue leaves its place to the next one', async ({ expect }) => {
    const first = server.send('queue.test', '/wait?count=1000')
    const leaving = connect(server.port, '127.0.0.1')
    leaving.write('GET / HTTP/1.1\r\nHost: queue.test\r\n\r\n')
    await waitFor(async () => (await server.counters()).queuedRequests === 1 || undefined)
    leaving.destroy()
    await waitFor(async () => (await server.counters()).queuedRequests === 0 || undefined)
    const second = server.send('queue.test', '/')
    expect([(await first).text, (await second).text]).toEqual(['waited', 'fine'])
  })
})

describe('fetches', () => {
  const flood = async (): Promise<Outcome> =>
    (await server.send('fetches.test', `/fetches?count=5000&url=${upstream.url}/`)).json<Outcome>()

  test('a flood of them is cut to what a request may make, a few at a time', async ({ expect }) => {
    const before = upstream.total
    expect(await flood()).toMatchObject({ answered: 50, failed: 4950 })
    expect([upstream.total - before, upstream.mostAtOnce]).toEqual([50, 6])
    await server.logged('[fetches ', 'APP_SUBREQUEST_LIMIT: more than 50 fetches')
    expect(server.log.filter((line) => line.includes('APP_SUBREQUEST_LIMIT')).length).toBe(1)
    // each request has its own
    expect(await flood()).toMatchObject({ answered: 50 })
  })

  test('an app that calls itself through its public name comes to an end', async ({ expect }) => {
    const url = `http://localhost:${server.port}/self`
    const answer = await server.send('localhost', `/self?url=${encodeURIComponent(url)}`)
    expect([answer.status, answer.text]).toEqual([200, '508'])
    // the first one and fifteen through the loop
    expect((await server.send('localhost', '/self')).text).toBe('16')
    await server.logged('[loop ', 'LOOP_DETECTED')
  })

  test('an app that calls itself and has no place to spare is refused, and does not lock up', async ({
    expect,
  }) => {
    const url = `http://127.0.0.1:${server.port}/`
    const answer = await server.send('127.0.0.1', `/status?url=${encodeURIComponent(url)}`)
    expect([answer.status, codeOf(answer)]).toEqual([504, 'APP_TIMEOUT'])
  })
})

describe('time after the response', () => {
  const turns = async (): Promise<number> => (await server.counters()).turns

  /** The neighbour has turns of its own. */
  async function expectRest(expect: (value: unknown) => { toBe(value: unknown): void }): Promise<void> {
    await neighbour.stop()
    await sleep(400)
    const before = await turns()
    await sleep(100)
    expect(await turns()).toBe(before)
  }

  test('what waitUntil never settles is cut, and said so', async ({ expect }) => {
    const { body } = await server.send('lasting.test', '/wait-for-ever')
    expect(body.toString()).toBe('early')
    await server.logged('[lasting ', 'APP_BACKGROUND_LIMIT', '200 ms')
    await expectRest(expect)
    expect((await server.send('lasting.test', '/ticks')).json<{ ticks: number }>().ticks).toBeGreaterThan(5)
  })

  test('holding again and again gains nothing', async ({ expect }) => {
    const lines = (): number => server.log.filter((line) => line.includes('APP_BACKGROUND_LIMIT')).length
    const before = lines()
    await server.send('lasting.test', '/hold-again')
    await waitFor(() => lines() > before || undefined)
    await expectRest(expect)
  })

  test('timers and fetches that nobody holds rest as well', async ({ expect }) => {
    await server.send('lasting.test', '/go-on')
    await server.send('lasting.test', `/fetch-on?url=${upstream.url}/`)
    await expectRest(expect)
    expect((await server.send('lasting.test', '/')).text).toBe('fine')
  })
})

describe('bytes that the host holds', () => {
  const held = async (): Promise<number> => (await server.counters()).heldBytes

  test('slow readers of large responses are refused before the host holds too much', async ({ expect }) => {
    const sockets = Array.from({ length: 8 }, () => readNothing(server.port, '/big?mb=12'))
    await waitFor(() => server.log.some((line) => line.includes('APP_BUFFER_LIMIT')) || undefined)
    expect(await held()).toBeGreaterThan(0)
    expect(await held()).toBeLessThanOrEqual(32 * MIB)
    for (const socket of sockets) socket.destroy()
    await waitFor(async () => (await held()) === 0 || undefined)
    expect((await server.send('bytes.test', '/big?mb=1')).body.length).toBe(MIB)
  })

  test('a response larger than all of it is refused', async ({ expect }) => {
    const answer = await server.send('bytes.test', '/big?mb=33')
    expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_BUFFER_LIMIT'])
  })

  test('a stream that does not wait for its reader is held back in the app', async ({ expect }) => {
    const socket = readNothing(server.port, '/flood?mb=48')
    await once(socket, 'connect')
    await sleep(300)
    expect(await held()).toBeLessThan(MIB)
    socket.destroy()
    expect((await server.send('bytes.test', '/')).text).toBe('fine')
  })

  test('an upload that nobody reads is held within the bound', async ({ expect }) => {
    const url = `${upstream.url}/never`
    const uploads = ['/upload?mb=12', '/upload?mb=12', '/upload?mb=12', '/upload-flood?mb=12'].map((path) =>
      open(server.port, { host: 'bytes.test', path: `${path}&url=${url}` }),
    )
    const first = await Promise.race(uploads)
    let text = ''
    for await (const part of first) text += String(part)
    expect(JSON.parse(text)).toMatchObject({
      failed: 1,
      error: expect.stringContaining('hold more than it may'),
    })
    expect(await held()).toBeLessThanOrEqual(32 * MIB)
    const answers = await Promise.all(uploads)
    expect(answers.filter(({ statusCode }) => statusCode === 504).length).toBe(3)
    for (const answer of answers) answer.resume()
    await waitFor(async () => (await held()) === 0 || undefined)
  })
})

/** A client that asks and never takes a byte. */
function readNothing(port: number, path: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bytes.test\r\n\r\n`)
  return socket
}
