/**
 * What one tenant knows stays with it: neither the memory that another one gets, nor its globals, its random numbers,
 * its clock or the log tell anything of it, whether the instance that knew it lives, was replaced or was killed.
 */
import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

interface Scan {
  /** What could be had, and how much of it held the secret's first byte. */
  mib: number
  dirty: number
  texts: number
  found: string[]
  secret: string
  env: Record<string, string>
}

const path = fixture('hostile-spy')
const app = (name: string, more = {}) => ({ name, hostname: `${name}.test`, path, ...more })

/** A text that nobody else has: its bytes are no text of a program. */
function makeSecret(): { secret: string; complement: string } {
  const secret = `\u007f${randomBytes(24).toString('base64url')}`
  return { secret, complement: [...Buffer.from(secret)].map((byte) => 255 - byte).join('.') }
}

async function scan(server: Served, host: string, complement: string): Promise<Scan> {
  const answer = await server.send(host, `/scan?complement=${complement}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json<Scan>()
}

describe('a secret', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      app('holder'),
      app('spin', { cpu_ms: 1000, env: { OWN: 'of spin' } }),
      app('hoard', { env: { OWN: 'of hoard' } }),
      app('spy', { recycle_memory_mb: 64, env: { OWN: 'of the spy' } }),
      app('fresh', { recycle_requests: 1 }),
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  /** Nothing of it is anywhere that this tenant can look. */
  async function expectHidden(host: string, complement: string): Promise<Scan> {
    const found = await scan(server, host, complement)
    // it looked at something
    if (found.mib < 40 || found.texts < 1000)
      throw new Error(`looked at ${found.mib} MiB, ${found.texts} texts`)
    if (found.dirty > 0 || found.found.length > 0) throw new Error(`${host} found ${JSON.stringify(found)}`)
    return found
  }

  // S39
  test('the scan finds what its own tenant knows', async ({ expect }) => {
    const { secret, complement } = makeSecret()
    await server.send('fresh.test', '/')
    await server.send('holder.test', `/hide?secret=${encodeURIComponent(secret)}`)
    const own = await scan(server, 'holder.test', complement)
    expect(own.secret).toBe(secret)
    expect(own.found.length).toBeGreaterThan(1000)
  })

  // S39
  test('of a live instance is nowhere in the memory, the globals and the env of others', async ({
    expect,
  }) => {
    const neighbour = watchNeighbour(server)
    const { secret, complement } = makeSecret()
    expect((await server.send('holder.test', `/hide?secret=${encodeURIComponent(secret)}`)).text).toBe(
      'hidden',
    )
    for (const host of ['spy.test', 'fresh.test', 'spy.test']) {
      const { secret: known, env } = await expectHidden(host, complement)
      expect(known).toBe('')
      expect(env).toEqual(host === 'spy.test' ? { OWN: 'of the spy' } : {})
    }
    await neighbour.stop()
  })

  // S36, S39
  test.for(['spin', 'hoard'])(
    'of an instance that was killed (%s) is gone, also for its own next one',
    async (name, { expect }) => {
      const neighbour = watchNeighbour(server)
      const { secret, complement } = makeSecret()
      const killed = await server.send(
        `${name}.test`,
        `/hide-and-${name}?secret=${encodeURIComponent(secret)}`,
      )
      expect([500, 502, 503]).toContain(killed.status)
      for (const host of ['spy.test', 'fresh.test']) await expectHidden(host, complement)
      await waitFor(
        async () => ((await server.send(`${name}.test`, '/')).text === 'fine' ? true : undefined),
        12_000,
      )
      const { secret: known, env } = await expectHidden(`${name}.test`, complement)
      expect([known, env]).toEqual(['', { OWN: `of ${name}` }])
      await neighbour.stop()
    },
  )

  // S36, S39
  test('of an instance that was replaced, with work behind its response, is gone', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    const { secret, complement } = makeSecret()
    const query = `secret=${encodeURIComponent(secret)}`
    expect((await server.send('fresh.test', `/hide-and-linger?${query}`)).text).toBe(secret)
    await expectHidden('fresh.test', complement)
    const live = async () =>
      (await server.tenants()).find(({ name }) => name === 'fresh')!.counters.liveInstances
    await waitFor(async () => (await live()) <= 1 || undefined)
    for (const host of ['fresh.test', 'spy.test']) await expectHidden(host, complement)
  })

  test('is in nobody’s log', ({ expect }) => {
    // hide() logs its name, of the tenant that hides
    expect(server.log.some((entry) => /^debug \[holder [0-9a-f]{32}\] hidden/.test(entry))).toBe(true)
    expect(
      server.log.filter(
        (entry) => entry.includes('hidden') && !/\[(holder|fresh|spin|hoard)[ \]]/.test(entry),
      ),
    ).toEqual([])
    expect(server.log.filter((entry) => entry.includes('\u007f') || entry.includes('u007f'))).toEqual([])
  })
})

interface Draw {
  uuids: string[]
  bytes: string[]
  math: number[]
}

// S31
test('ten thousand random numbers of a hundred instances, three tenants and two servers are all different', async ({
  expect,
}) => {
  const apps = ['a', 'b', 'c'].map((name) => app(name, { recycle_requests: 1 }))
  const draws: Draw[] = []
  let instances = 0
  for (let start = 0; start < 2; start++) {
    await using server = await serve(apps)
    for (let i = 0; i < 17; i++) {
      const answers = apps.map(({ hostname }) => server.send(hostname, '/random?count=100'))
      for (const answer of await Promise.all(answers)) draws.push(answer.json<Draw>())
    }
    instances += (await server.counters()).instances
  }
  expect(instances).toBeGreaterThanOrEqual(100)
  for (const pick of [(d: Draw) => d.uuids, (d: Draw) => d.bytes]) {
    const all = draws.flatMap(pick)
    expect(all.length).toBe(10_200)
    expect(new Set(all).size).toBe(all.length)
  }
  // the engine's Math.random has 32 bits: two of so many are equal once in eighty runs, by chance
  const numbers = draws.flatMap(({ math }) => math)
  expect(numbers.length).toBe(10_200)
  expect(new Set(numbers).size).toBeGreaterThanOrEqual(numbers.length - 3)
})

interface Clocks {
  dates: number[]
  moments: number[]
}

describe('the clock', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([app('clock')])
  })

  afterAll(() => server.close())

  // S30
  test('stands still within a turn, however long it works', async ({ expect }) => {
    const { dates, moments } = (await server.send('clock.test', '/time')).json<Clocks>()
    expect([dates.length, moments.length]).toEqual([1, 1])
  })

  // S29
  test('is right in each request, and goes on only forwards', async ({ expect }) => {
    let last = 0
    for (let i = 0; i < 5; i++) {
      const earliest = Date.now()
      const { dates, moments } = (await server.send('clock.test', '/time')).json<Clocks>()
      expect(dates[0]).toBeGreaterThanOrEqual(earliest - 2)
      expect(dates[0]).toBeLessThanOrEqual(Date.now() + 2)
      expect(moments[0]).toBeGreaterThan(last)
      last = moments[0]!
      await waitFor(() => Date.now() > earliest + 5 || undefined)
    }
  })

  // S29, S30
  test('has moved on after a wait, by as much as the wait', async ({ expect }) => {
    const { before, after } = (await server.send('clock.test', '/time-later?ms=300')).json<{
      before: Clocks
      after: Clocks
    }>()
    expect(after.moments[0]! - before.moments[0]!).toBeGreaterThanOrEqual(299)
    expect(after.dates[0]! - before.dates[0]!).toBeGreaterThanOrEqual(298)
    expect([after.dates.length, after.moments.length]).toEqual([1, 1])
  })
})
