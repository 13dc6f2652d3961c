/** `isolation: "request"`: each request has an instance, and so a memory, of its own, until all that it began is done. */
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { open } from '../harness/http.ts'
import { builtExample, fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'

const HOST = 'alone.test'
const alone = (name: string, more = {}) => ({
  name,
  hostname: HOST,
  path: fixture(name),
  isolation: 'request' as const,
  ...more,
})

describe('globals of one request', () => {
  let server: Served
  beforeAll(async () => (server = await serve([alone('memory')])))
  afterAll(() => server.close())

  test('are never seen by the next one', async ({ expect }) => {
    for (let i = 0; i < 20; i++) {
      expect((await server.send(HOST, '/count')).json()).toEqual({ requests: 1 })
      expect((await server.send(HOST, `/note?n${i}=1`)).json()).toEqual({ [`n${i}`]: '1' })
      expect((await server.send(HOST, `/leak-global?secret${i}`)).status).toBe(200)
      expect((await server.send(HOST, '/read-global')).json()).toEqual({ leaked: null })
      expect((await server.send(HOST, '/change-env')).json()).toEqual({ ADDED: 'by a request' })
      expect((await server.send(HOST, '/env')).json()).toEqual({})
    }
    const [tenant] = await server.tenants()
    expect(tenant!.counters).toMatchObject({ instances: 120, requests: 120, liveInstances: 0, traps: 0 })
  })

  test('nor by those beside it, however many there are', async ({ expect }) => {
    const paths = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? '/count' : '/sleep?ms=20'))
    const answers = await Promise.all(paths.map((path) => server.send(HOST, path)))
    const counts = answers.filter((_, i) => i % 2 === 0).map((answer) => answer.json())
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200))
    expect(new Set(counts.map((count) => JSON.stringify(count)))).toEqual(new Set(['{"requests":1}']))
  })

  test('are drawn anew: random numbers of no two are the same', async ({ expect }) => {
    const drawn = new Set<string>()
    for (let i = 0; i < 10; i++) drawn.add((await server.send(HOST, '/random')).text)
    expect(drawn.size).toBe(10)
  })

  test('a body that comes in parts belongs to the request', async ({ expect }) => {
    const body = Buffer.alloc(3 * 1024 * 1024, 'abc')
    const sha256 = createHash('sha256').update(body).digest('hex')
    for (let i = 0; i < 3; i++) {
      expect((await server.send(HOST, '/digest', { method: 'POST', body })).json()).toEqual({ sha256 })
    }
  })

  test('one that fails, falls or takes too long is no concern of the next one', async ({ expect }) => {
    await server.put(alone('faults', { cpu_ms: 100, name: 'memory' }))
    const codes: [path: string, status: number][] = [
      ['/throw', 500],
      ['/not-a-response', 500],
      ['/never', 500],
      ['/exhaust', 502],
      ['/reject', 500],
      ['/spin', 503],
      ['/stream-fails', 200],
    ]
    for (const [path] of codes) {
      await server.send(HOST, path).catch(() => undefined)
      expect((await server.send(HOST, '/')).status, path).toBe(200)
    }
  })
})

test('what goes on behind a response keeps the instance, and a stream does', async ({ expect }) => {
  const asked: string[] = []
  const waiting = new Map<string, () => void>()
  await using upstream = await startUpstream(({ url = '' }, response) => {
    asked.push(url)
    if (url.endsWith('-again')) response.end()
    else {
      response.write('first ')
      waiting.set(url, () => void response.end('last'))
    }
  })
  await using server = await serve([alone('drain', { egress: { private: true } })])
  const to = (path: string): string => `url=${encodeURIComponent(upstream.url + path)}`
  expect((await server.send(HOST, `/behind?${to('/behind')}`)).text).toBe('held')
  const stream = await open(server.port, { host: HOST, path: `/relay?${to('/stream')}` })
  await waitFor(() => (waiting.size === 2 ? true : undefined))
  const [busy] = await server.tenants()
  expect(busy!.counters.liveInstances).toBe(2)
  for (const finish of waiting.values()) finish()
  expect(await text(stream)).toBe('first last')
  await waitFor(() => (asked.includes('/behind-again') ? true : undefined))
  await waitFor(async () => ((await server.tenants())[0]!.counters.liveInstances === 0 ? true : undefined))
})

test('more than there is memory for wait for each other, and none is cut', async ({ expect }) => {
  await using server = await serve([alone('memory', { total_memory_mb: 128, timeout_ms: 30_000 })])
  const most: number[] = []
  const answers = Array.from({ length: 60 }, () => server.send(HOST, '/sleep?ms=50'))
  const watch = setInterval(() => {
    void server.tenants().then(([tenant]) => most.push(tenant?.counters.memoryBytes ?? 0))
  }, 10)
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  clearInterval(watch)
  expect(statuses).toEqual(answers.map(() => 200))
  expect(Math.max(...most)).toBeLessThanOrEqual(128 * 1024 * 1024)
})

test('an app that says nothing about it has one instance for many requests', async ({ expect }) => {
  const apps = [
    { name: 'a', hostname: 'a.test', path: fixture('memory') },
    { name: 'b', hostname: 'b.test', path: fixture('memory'), isolation: 'instance' as const },
    { name: 'hello', hostname: 'hello.test', path: builtExample('hello'), isolation: 'request' as const },
  ]
  await using server = await serve(apps)
  for (const host of ['a.test', 'b.test']) {
    for (const requests of [1, 2, 3]) {
      expect((await server.send(host, '/count')).json()).toEqual({ requests })
      expect((await server.send('hello.test', '/')).status).toBe(200)
    }
  }
})
