/** Rate limits, as an app sees them. */
import { afterAll, beforeAll, describe, test } from 'vitest'

import { TWINS } from '../harness/places.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'
import { nameWithHome, ShardClient } from '../harness/shard-client.ts'

/** Of the test of all shards; what it takes until the app has spread is less. */
const MANY = 20_000
const AT_ONCE = 50
const SPREADING = nameWithHome('spreading', 0, 2)

const limiter = (name: string, id: string, limit: number, more: object = {}) => ({
  name,
  namespace_id: id,
  simple: { limit, period: 60 },
  ...more,
})
const app = (name: string, ...ratelimits: ReturnType<typeof limiter>[]): AppSpec => ({
  name,
  hostname: name,
  path: fixture('kv'),
  ratelimits,
})
const ONE = app('one', limiter('TWO', '1', 2), limiter('SAME', '1', 2), limiter('OTHER', '2', 2))
let server: Served

beforeAll(async () => {
  const shared = limiter('SHARED', '1', 2, { shared: true })
  server = await serve(
    [
      ONE,
      app('two', limiter('TWO', '1', 2)),
      app('three', shared),
      app('four', shared),
      app(SPREADING, limiter('MANY', '1', MANY)),
    ],
    2,
    { admin: { port: 0 } },
  )
})

afterAll(() => server.close())

/** What comes of some steps (test/fixtures/kv.ts). */
async function run(host: string, ...steps: unknown[][]): Promise<unknown[]> {
  const { text } = await server.send(host, '/', { method: 'POST', body: JSON.stringify(steps) })
  return JSON.parse(text) as unknown[]
}
const limit = (name: string, options: unknown): unknown[] => [name, 'limit', options]
const yes = { success: true }
const no = { success: false }

describe('a limit', () => {
  test('lets a key so often, and others as often', async ({ expect }) => {
    const a = limit('TWO', { key: 'a' })
    expect(await run('one', a, a, a, limit('TWO', { key: 'b' }))).toEqual([yes, yes, no, yes])
  })

  test('counts with those of its namespace, and without those of others', async ({ expect }) => {
    const key = 'namespaces'
    const steps = ['TWO', 'SAME', 'SAME', 'OTHER'].map((name) => limit(name, { key }))
    expect(await run('one', ...steps)).toEqual([yes, yes, no, yes])
    expect(await run('two', limit('TWO', { key }))).toEqual([yes])
  })

  test('counts for several apps where the operator says so', async ({ expect }) => {
    const step = limit('SHARED', { key: 'a' })
    expect(await run('three', step)).toEqual([yes])
    expect(await run('four', step, step)).toEqual([yes, no])
    expect(await run('three', step)).toEqual([no])
  })

  test('goes on counting in the next version of the app', async ({ expect }) => {
    const step = limit('TWO', { key: 'versions' })
    expect(await run('one', step)).toEqual([yes])
    await server.put(ONE)
    expect(await run('one', step, step)).toEqual([yes, no])
  })

  test('counts by delta', async ({ expect }) => {
    expect(await run('one', limit('TWO', { key: 'd', delta: 5 }), limit('TWO', { key: 'd' }))).toEqual([
      yes,
      no,
    ])
  })

  test.for([
    [undefined, 'invalid rate limit options'],
    [{ key: 1 }, 'invalid key: 1'],
    [{ key: 'a', limit: 9 }, 'bad rate limit options: [limit]'],
    [{ key: 'a', delta: 0.5 }, 'delta must be a positive integer: 0.5'],
    [{ key: 'a', delta: -1 }, 'delta must be a positive integer: -1'],
    [{ key: 'x'.repeat(10_000) }, 'expected a key of at most 8192 bytes, got 10000'],
  ] as const)('refuses %j: %s', async ([options, message], { expect }) => {
    expect(await run('one', ['TWO', 'limit', options])).toEqual([{ error: `Error: ${message}` }])
  })
})

test('instances of all shards have one count, to the last call', { timeout: 60_000 }, async ({ expect }) => {
  const clients = await Promise.all([1, 2, 2].map((thread) => ShardClient.to(server, thread)))
  const body = JSON.stringify(Array.from({ length: AT_ONCE }, () => limit('MANY', { key: 'a' })))
  const took = async (client: ShardClient): Promise<number> => {
    let taken = 0
    for (let i = 0; i < MANY / AT_ONCE; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { text } = await client.send(SPREADING, '/', { method: 'POST', body })
      taken += (JSON.parse(text) as { success: boolean }[]).filter(({ success }) => success).length
    }
    return taken
  }
  const taken = await Promise.all(clients.map(took))
  for (const client of clients) client[Symbol.dispose]()
  const report = (await server.tenants()).find(({ name }) => name === SPREADING)
  expect(taken.reduce((sum, each) => sum + each, 0)).toBe(MANY)
  expect(report?.counters).toMatchObject({ instances: 2, ratesAllowed: MANY, ratesLimited: 2 * MANY })
})

describe.skipIf(TWINS.missing !== undefined)(TWINS.name, () => {
  test(
    'a key that one host has let through so often is let through by none',
    { timeout: 60_000 },
    async ({ expect }) => {
      await using placed = await TWINS.open([app('one', limiter('TWO', '1', 2), limiter('MARK', '2', 1000))])
      const { caller, others } = placed
      const take = async (host: Served, name: string, options: object): Promise<unknown> => {
        const body = JSON.stringify([limit(name, options)])
        return (JSON.parse((await host.send('one', '/', { method: 'POST', body })).text) as unknown[])[0]
      }
      // both have joined
      for (const [from, to] of [
        [caller, others],
        [others, caller],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await expect
          .poll(async () => {
            await take(from, 'MARK', { key: `joined ${from.port}`, delta: 100 })
            return take(to, 'MARK', { key: `joined ${from.port}` })
          })
          .toEqual(no)
      }
      expect(await take(caller, 'TWO', { key: 'a' })).toEqual(yes)
      expect(await take(caller, 'TWO', { key: 'b', delta: 5 })).toEqual(yes)
      // told after those
      await take(caller, 'MARK', { key: 'told', delta: 1000 })
      await expect.poll(() => take(others, 'MARK', { key: 'told' })).toEqual(no)
      expect(await take(others, 'TWO', { key: 'b' })).toEqual(no)
      expect(await take(others, 'TWO', { key: 'a' })).toEqual(yes)
      expect(await take(others, 'TWO', { key: 'a' })).toEqual(no)
    },
  )
})

test('what limits gave is told to who watches', async ({ expect }) => {
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  expect(metrics).toMatch(/nano_rate_limit_calls_total\{tenant="one",version="[^"]*",result="limited"\} \d/)
})
