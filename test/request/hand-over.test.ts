/**
 * A request that arrives at a shard which is not its app's home: its client cannot tell, and neither can its app. Of two
 * shards the first one is the home of every app here, and all clients are connected to the second.
 */

import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { HAND_OVER_MS, SPREAD_MS } from '../../host/home/placement.ts'
import { codeOf } from '../harness/http.ts'
import { builtExample, fixture, serve, steady, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'
import { nameWithHome, ShardClient } from '../harness/shard-client.ts'

const MB = 1024 * 1024

const atHome = (kind: string, more: Partial<AppSpec> = {}): AppSpec => ({
  name: nameWithHome(kind, 0, 2),
  hostname: `${kind}.test`,
  path: fixture(kind),
  ...more,
})

const APPS = [
  atHome('mirror'),
  atHome('streams', { timeout_ms: 20_000 }),
  atHome('faults', { timeout_ms: 500 }),
  atHome('memory'),
  atHome('env', { path: fixture('memory') }),
  atHome('narrow', { path: fixture('memory'), concurrent_requests: 1, queued_requests: 1 }),
  atHome('busy', { path: builtExample('hello') }),
]

interface Shown {
  method: string
  url: string
  headers: [string, string][]
  body: string
}

interface Record {
  pulled: number
  cancelled: number
  aborted: number
  abortedWhileWaiting: number
  received: number
}

describe('a request that is handed over', () => {
  let server: Served
  let away: ShardClient
  const countersOf = async (kind: string) => {
    const name = APPS.find(({ hostname }) => hostname === `${kind}.test`)!.name
    const found = (await server.tenants()).find((tenant) => tenant.name === name)
    if (found === undefined) throw new Error(`nothing is known of ${name}`)
    return found
  }
  const record = async () => (await away.send('streams.test', '/record')).json<Record>()

  beforeAll(async () => {
    server = await serve(APPS, 2, { accessLog: true })
    away = await ShardClient.to(server, 2)
  })

  afterAll(async () => {
    away[Symbol.dispose]()
    await server.close()
  })

  test('has method, URL, headers and address of its client', async ({ expect }) => {
    const headers = { 'X-Custom': 'ümlaut', 'x-forwarded-for': '198.51.100.9' }
    const sent = { method: 'PUT', headers, body: 'small' }
    using client = await ShardClient.to(server, 2, '127.0.0.9')
    const answer = await client.send('mirror.test', '/path?query=%20', sent)
    const shown = answer.json<Shown>()
    expect(answer.status).toBe(200)
    expect(shown).toMatchObject({ method: 'PUT', url: 'http://mirror.test/path?query=%20', body: 'small' })
    const seen = Object.fromEntries(shown.headers)
    expect(seen).toMatchObject({ 'x-forwarded-for': '127.0.0.9', 'cf-connecting-ip': '127.0.0.9' })
    expect(seen['x-custom']).toBeDefined()
    expect((await countersOf('mirror')).counters).toMatchObject({ instances: 1, liveInstances: 1 })
  })

  test('gets what its app answers: heads, bodies, streams, nothing', async ({ expect }) => {
    const statuses = [200, 204, 304, 404, 503]
    for (const is of statuses) {
      const { status } = await away.send('mirror.test', `/status?is=${is}`)
      expect(status).toBe(is)
    }
    expect((await away.send('mirror.test', '/chunks')).text).toBe('chunk 1\nchunk 2\nchunk 3\n')
    const head = await away.send('mirror.test', '/own-framing', { method: 'HEAD' })
    expect([head.status, head.text, head.headers['x-kept']]).toEqual([200, '', 'yes'])
    const cookies = await away.send('mirror.test', '/cookies?count=3')
    expect(cookies.headers['set-cookie']).toHaveLength(3)
  })

  test.for([0, 1, 4095, 4096, 65_536, 65_537, 3 * MB])(
    'brings a body of %i bytes there and back',
    async (size, { expect }) => {
      const body = randomBytes(size)
      for (const path of ['/buffered-echo', '/echo']) {
        const whole = await away.send('mirror.test', path, { method: 'POST', body })
        expect([whole.status, whole.body.equals(body)]).toEqual([200, true])
        const parts = Readable.from(
          [body.subarray(0, size / 2), body.subarray(size / 2)].filter((part) => part.length),
        )
        const streamed = await away.send('mirror.test', path, { method: 'POST', body: parts })
        expect([streamed.status, streamed.body.equals(body)]).toEqual([200, true])
      }
    },
  )

  test('fails with the code that its app earns, counted and logged once', async ({ expect }) => {
    const codes = [
      ['/throw', 500, 'APP_THREW'],
      ['/not-a-response', 500, 'APP_BAD_RESPONSE'],
      ['/never', 500, 'APP_HUNG'],
      ['/never-with-interval', 504, 'APP_TIMEOUT'],
    ] as const
    using client = await ShardClient.to(server, 2)
    for (const [path, status, code] of codes) {
      const answer = await client.send('faults.test', path)
      expect([answer.status, codeOf(answer)]).toEqual([status, code])
    }
    await expect(client.send('faults.test', '/stream-fails')).rejects.toThrow()
    const { failures, answers } = await countersOf('faults')
    expect(Object.fromEntries(failures)).toEqual({
      APP_THREW: 2,
      APP_BAD_RESPONSE: 1,
      APP_HUNG: 1,
      APP_TIMEOUT: 1,
    })
    expect(answers.total).toBe(5)
    expect(server.log.filter((line) => line.includes('thrown at once'))).toHaveLength(1)
  })

  test('is one request: counted once, with one line in the log, its processor time included', async ({
    expect,
  }) => {
    for (let i = 0; i < 10; i++) await away.send('env.test', '/random')
    const { counters, answers } = await countersOf('env')
    expect(counters).toMatchObject({ requests: 10, handOvers: 10, instances: 1, openRequests: 0 })
    expect(answers.total).toBe(10)
    const facts = await waitFor(() => {
      const lines = server.logs.latest({ app: APPS[4]!.name }).flatMap((entry) => entry.facts ?? [])
      return lines.length >= 10 ? lines : undefined
    })
    expect(facts).toHaveLength(10)
    for (const { cpuMs } of facts) expect(cpuMs).toBeGreaterThan(0)
    expect(facts.filter(({ isCold }) => isCold)).toHaveLength(1)
  })

  test('whose client leaves is over for its app, in the middle of an answer or before', async ({
    expect,
  }) => {
    const before = await record()
    using leaving = await ShardClient.to(server, 2)
    const message = await leaving.open('streams.test', '/endless')
    await new Promise((resolve) => message.once('data', resolve))
    message.destroy()
    const after = await waitFor(async () => {
      const now = await record()
      return now.aborted > before.aborted && now.cancelled > before.cancelled ? now : undefined
    })
    expect(after).toMatchObject({ aborted: before.aborted + 1, cancelled: before.cancelled + 1 })
    using leaver = await ShardClient.to(server, 2)
    const waiting = leaver.send('streams.test', '/wait').catch((error: Error) => error)
    await waitFor(async () => (await countersOf('streams')).counters.openRequests === 1 || undefined)
    leaver[Symbol.dispose]()
    expect(await waiting).toBeInstanceOf(Error)
    await waitFor(async () => ((await record()).abortedWhileWaiting === 1 ? true : undefined))
  })

  test('whose client does not read holds up its app, and not memory', async ({ expect }) => {
    using idle = await ShardClient.to(server, 2)
    const message = await idle.open('streams.test', '/endless')
    const pulled = await steady(async () => (await record()).pulled)
    // what sockets hold, some windows, and no more
    expect(pulled * 16_384).toBeLessThan(16 * MB)
    expect((await countersOf('streams')).counters.heldBytes).toBeLessThan(2 * MB)
    // it goes on where it stopped
    let bytes = 0
    message.on('data', (part: Buffer) => (bytes += part.length))
    await waitFor(() => bytes > pulled * 16_384 + 8 * MB || undefined, 20_000)
    message.destroy()
    await waitFor(async () => (await countersOf('streams')).counters.heldBytes === 0 || undefined)
  })

  test('holds up a client that sends faster than its app reads', async ({ expect }) => {
    const before = (await record()).received
    let sent = 0
    const body = new Readable({
      read() {
        sent += 65_536
        this.push(sent > 64 * MB ? null : Buffer.alloc(65_536))
      },
    })
    using sender = await ShardClient.to(server, 2)
    const answer = sender
      .send('streams.test', '/reads-slowly', { method: 'POST', body })
      .catch(() => undefined)
    await waitFor(async () => (await record()).received > before || undefined)
    expect(await steady(() => sent)).toBeLessThan(32 * MB)
    await answer
  })

  test('waits in the line of its home, for one and the same app', async ({ expect }) => {
    const clients = await Promise.all([2, 2, 1, 1].map((thread) => ShardClient.to(server, thread)))
    const answers = await Promise.all(clients.map((client) => client.send('narrow.test', '/sleep?ms=300')))
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 503, 503])
    expect(answers.flatMap((answer) => codeOf(answer) ?? [])).toEqual(['APP_BUSY', 'APP_BUSY'])
    expect((await countersOf('narrow')).counters).toMatchObject({ requests: 2, instances: 1 })
    for (const client of clients) client[Symbol.dispose]()
  })

  test('is served here once there are so many that an instance is worth its while, and elsewhere again when not', async ({
    expect,
  }) => {
    const most = SPREAD_MS / HAND_OVER_MS
    let asked = 0
    const round = async (): Promise<void> => {
      using client = await ShardClient.to(server, 2)
      for (let i = 0; i < 50; i++, asked++) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { status } = await client.send('busy.test', '/')
        if (status !== 200) throw new Error(`got ${status}`)
      }
    }
    let last = { spreads: 0, handOvers: 0, instances: 0, requests: 0 }
    for (let tries = 0; tries < most / 100 && last.spreads === 0; tries++) {
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all([round(), round(), round(), round()])
      // oxlint-disable-next-line no-await-in-loop
      last = (await countersOf('busy')).counters
    }
    await round()
    const { counters, answers } = await countersOf('busy')
    expect(counters).toMatchObject({ instances: 2, liveInstances: 2, spreads: 1, requests: asked })
    expect(counters.handOvers).toBeLessThanOrEqual(most + 4)
    expect([answers.total, counters.handOvers]).toEqual([asked, last.handOvers])
    // what is not asked for any more goes, here
    await waitFor(async () => (await countersOf('busy')).counters.liveInstances < 2 || undefined, 40_000)
    using later = await ShardClient.to(server, 2)
    expect((await later.send('busy.test', '/')).status).toBe(200)
    expect((await countersOf('busy')).counters).toMatchObject({
      instances: 2,
      handOvers: counters.handOvers + 1,
    })
  }, 60_000)
})
