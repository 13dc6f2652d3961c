/**
 * Many at once: requests on one instance, clients that leave among others, tenants that nobody had asked before. Each
 * gets its own, and the neighbour always gets an answer.
 */
import { once } from 'node:events'
import { connect } from 'node:net'

import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { AppSpec } from '../harness/serve.ts'

/** Nobody is to meet a limit, however busy the machine. */
const PLENTY_MS = 60_000
const BESIDE: AppSpec = { ...NEIGHBOUR, cpu_ms: PLENTY_MS, timeout_ms: PLENTY_MS }

const toApp = (name: string): AppSpec => ({
  name,
  hostname: `${name}.test`,
  path: fixture('hostile'),
  cpu_ms: PLENTY_MS,
  timeout_ms: PLENTY_MS,
})

// S38
test(
  'a hundred requests at once on one instance each get their own',
  { timeout: PLENTY_MS },
  async ({ expect }) => {
    await using server = await serve([toApp('echo'), BESIDE])
    const neighbour = watchNeighbour(server)
    const tokens = Array.from({ length: 300 }, (_, i) => `token-${i}`)
    await Promise.all(
      tokens.map(async (token, i) => {
        const path = `/echo?token=${token}`
        const headers = { 'x-token': token }
        const body = `body of ${token}`
        const more = i % 2 === 0 ? { headers } : { headers, body, method: 'POST' }
        const answer = await server.send('echo.test', path, more)
        expect(answer.json()).toEqual({ token, header: token, body: i % 2 === 0 ? null : body })
        expect(answer.headers['x-token']).toBe(token)
      }),
    )
    await neighbour.stop()
    expect(await server.counters()).toMatchObject({ instances: 2, traps: 0 })
  },
)

// S37
test(
  'clients that leave midway leave the requests beside theirs alone',
  { timeout: PLENTY_MS },
  async ({ expect }) => {
    await using server = await serve([toApp('echo'), BESIDE])
    await using _ = watchNeighbour(server)
    await server.send('echo.test', '/')
    const leaving = Array.from({ length: 100 }, (_, i) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(`GET /echo?token=gone-${i} HTTP/1.1\r\nHost: echo.test\r\n\r\n`)
      setTimeout(() => socket.destroy(), i % 40)
      return once(socket, 'close')
    })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => server.send('echo.test', `/echo?token=${i}`)),
    )
    expect(answers.map((answer) => answer.json<{ token: string }>().token)).toEqual(
      answers.map((_, i) => String(i)),
    )
    await Promise.all(leaving)
    await waitFor(async () => ((await server.counters()).openRequests === 0 ? true : undefined), 20_000)
    expect(await server.counters()).toMatchObject({ instances: 2, traps: 0 })
  },
)

// S40
test(
  'a hundred and twenty tenants that are all asked for the first time at once',
  { timeout: PLENTY_MS },
  async ({ expect }) => {
    const apps = Array.from({ length: 120 }, (_, i) => toApp(`cold-${i}`))
    await using server = await serve([BESIDE, ...apps])
    const neighbour = watchNeighbour(server)
    const rss = process.memoryUsage.rss()
    const answers = await Promise.all(apps.map(({ hostname }) => server.send(hostname!, '/')))
    expect(answers.filter(({ text }) => text !== 'fine')).toEqual([])
    await neighbour.stop()
    expect(await server.counters()).toMatchObject({ instances: 121, liveInstances: 121, traps: 0 })
    expect((process.memoryUsage.rss() - rss) / apps.length).toBeLessThan(12 * 1024 * 1024)
  },
)
