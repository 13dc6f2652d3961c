/**
 * An instance over time: timers, work behind the response, the clock, logging, recycling, and ten thousand requests.
 */

import { createHash } from 'node:crypto'

import { describe, test } from 'vitest'

import { keepAlive } from '../harness/http.ts'
import { builtExample, fixture, serve, waitFor } from '../harness/serve.ts'

const memory = (more = {}) => ({ name: 'memory', hostname: 'memory.test', path: fixture('memory'), ...more })

describe('the life of an instance', () => {
  test('timers run in order', async ({ expect }) => {
    await using server = await serve([memory()])
    expect((await server.send('memory.test', '/timers')).json()).toEqual([
      'now',
      'microtask',
      '0 ms',
      '10 ms',
      '30 ms',
      '3 ticks',
      'waited',
    ])
  })

  test('many sleep at once', async ({ expect }) => {
    await using server = await serve([memory()])
    await server.send('memory.test', '/')
    // one after the other they would take four times as long as a request may
    const all = Array.from({ length: 100 }, () => server.send('memory.test', '/sleep?ms=200'))
    for (const { status } of await Promise.all(all)) expect(status).toBe(200)
  })

  test('waitUntil goes on after the response', async ({ expect }) => {
    await using server = await serve([memory()])
    expect((await server.send('memory.test', '/wait-until')).text).toBe('early')
    expect((await server.send('memory.test', '/note')).json()).toEqual({})
    await waitFor(async () =>
      'after' in (await server.send('memory.test', '/note')).json() ? true : undefined,
    )
  })

  test('the clock is the real one and not that of the build', async ({ expect }) => {
    await using server = await serve([memory()])
    const before = Date.now()
    const { now } = (await server.send('memory.test', '/time')).json<{ now: number }>()
    expect(now).toBeGreaterThanOrEqual(before - 5)
    expect(now).toBeLessThanOrEqual(Date.now() + 5)
  })

  test('digest and passThroughOnException are there', async ({ expect }) => {
    await using server = await serve([memory()])
    const sha256 = createHash('sha256').update('abc').digest('hex')
    const answer = await server.send('memory.test', '/digest', { method: 'POST', body: 'abc' })
    expect(answer.json()).toEqual({ sha256 })
    expect((await server.send('memory.test', '/pass-through')).text).toBe('passed')
  })

  test('the console reaches the log, one entry a call, in which nothing can be forged', async ({
    expect,
  }) => {
    await using server = await serve([memory()])
    await server.send('memory.test', '/log')
    expect(await server.logged('one line')).toContain('nested')
    const forged = await server.logged('forged')
    expect(forged).toContain('forged\n    line')
    expect(forged).not.toContain('\u001b')
  })

  test('an instance is recycled by its number of requests and none is dropped', async ({ expect }) => {
    await using server = await serve([memory({ recycle_requests: 50 })])
    const agent = keepAlive(16)
    const statuses = new Set<number>()
    let most = 0
    for (let batch = 0; batch < 20; batch++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          server.send('memory.test', i % 4 === 0 ? '/sleep?ms=20' : '/count', { agent }),
        ),
      )
      for (const answer of answers) {
        statuses.add(answer.status)
        most = Math.max(most, answer.json<{ requests?: number }>().requests ?? 0)
      }
    }
    agent.destroy()
    expect([...statuses]).toEqual([200])
    expect(most).toBeGreaterThan(25)
    expect(most).toBeLessThanOrEqual(70)
  })

  test('an instance is recycled by its memory', async ({ expect }) => {
    await using server = await serve([memory({ recycle_memory_mb: 64 })])
    const body = Buffer.alloc(30_000_000)
    for (let i = 0; i < 5; i++) {
      expect((await server.send('memory.test', '/digest', { method: 'POST', body })).status).toBe(200)
    }
    const count = async () =>
      (await server.send('memory.test', '/count')).json<{ requests: number }>().requests
    await waitFor(async () => (await count()) < 6 || undefined)
  })

  test('10,000 requests are answered right, with nothing in the log and memory flat', async ({ expect }) => {
    await using server = await serve([{ name: 'hello', hostname: 'hello.test', path: builtExample('hello') }])
    const agent = keepAlive(32)
    const run = async (count: number) => {
      for (let done = 0; done < count; done += 100) {
        const answers = await Promise.all(
          Array.from({ length: 100 }, () => server.send('hello.test', '/', { agent })),
        )
        for (const answer of answers)
          expect([answer.status, answer.text]).toEqual([200, 'Hello from NANO!\n'])
      }
    }
    await run(5000)
    const before = process.memoryUsage.rss()
    await run(5000)
    const grown = process.memoryUsage.rss() - before
    console.log(`resident memory grew by ${Math.round(grown / 1024)} KiB in the second 5,000 requests`)
    agent.destroy()
    expect(server.log.filter((entry) => /^(warn|error)/.test(entry))).toEqual([])
    expect(grown).toBeLessThan(96 * 1024 * 1024)
  }, 120_000)
})
