/** Apps that are registered and rest: what they cost, and what happens when the first request comes. */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'

import { afterAll, test } from 'vitest'

import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { readStamps } from '../../host/deploy/stamp.ts'
import { hasPageFiles } from '../../host/native/page-file.ts'
import { DistinctApps, toGreeting } from '../harness/distinct.ts'
import { countExecuted } from '../harness/executed.ts'
import { builtExample, fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const APPS = 60

const folder = mkdtempSync(join(tmpdir(), 'nano-registered-'))
afterAll(() => rmSync(folder, { recursive: true }))

const distinct = new DistinctApps()
const FIRST = { name: 'first', hostname: 'first.test', path: fixture('version') }
const toHost = (number: number): string => `app-${number}.test`
const idOf = ({ registry }: Served, name: string) =>
  registry.state.deployments.find((each) => each.name === name)!.image.id

async function register(
  server: Served,
  numbers: readonly number[],
  limits = {},
  mapBytes = 0,
): Promise<void> {
  for (const number of numbers) {
    const name = `app-${number}`
    const config = {
      name,
      hostname: toHost(number),
      path: '',
      env: {},
      limits: { ...DEFAULT_LIMITS, ...limits },
    }
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await server.registry.put(config, { component: distinct.keep(number, mapBytes) })
  }
}

const ask = async (server: Served, number: number): Promise<string> =>
  (await server.send(toHost(number), '/')).text.trim()

test('nothing of an app is loaded before its first request, and then once for all shards', async ({
  expect,
}) => {
  await using server = await serve([FIRST], 2)
  // each shard warms its engine
  expect(server.images).toMatchObject({ loads: 1, remakes: 0 })
  const numbers = Array.from({ length: APPS }, (_, i) => i)
  await register(server, numbers)
  expect(server.images.loads).toBe(1)
  expect(await server.tenants()).toEqual([])

  const asked = [3, 14, 41]
  for (const number of asked) {
    // oxlint-disable-next-line no-await-in-loop
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, number)))
    expect(new Set(answers)).toEqual(new Set([toGreeting(number)]))
  }
  expect(server.images).toMatchObject({ loads: 1 + asked.length, remakes: 0, evictions: 0 })
  expect((await server.tenants()).map(({ name }) => name).sort()).toEqual(
    asked.map((number) => `app-${number}`).sort(),
  )
})

test('images that were not needed for longest are given up beyond the budget, and read again', async ({
  expect,
}) => {
  await using server = await serve([FIRST], 1, { imageCacheMb: 4 })
  const bytes = 4 * 1024 * 1024
  // each instance is made for one request
  const numbers = Array.from({ length: APPS }, (_, i) => i)
  await register(server, numbers, { recycleRequests: 1 }, 128 * 1024)
  const before = server.images.loads
  for (const number of [...numbers, ...numbers]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await ask(server, number)).toBe(toGreeting(number))
  }
  expect(server.images.bytes).toBeLessThanOrEqual(bytes)
  expect(server.images.loads).toBe(before + 2 * APPS)
  expect(server.images.evictions).toBeGreaterThan(APPS)
  // what was used last is still here
  expect(await ask(server, APPS - 1)).toBe(toGreeting(APPS - 1))
  expect(server.images.loads).toBe(before + 2 * APPS)
})

test('an image that is gone, or broken, is made again of its component, once', async ({ expect }) => {
  const path = join(folder, 'mine.wasm')
  copyFileSync(builtExample('hello'), path)
  await using server = await serve([FIRST, { name: 'mine', hostname: 'mine.test', path }], 2)
  writeFileSync(distinct.files.toContentPath(idOf(server, 'mine')), 'no image')
  const answers = await Promise.all(Array.from({ length: 9 }, () => server.send('mine.test', '/')))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(server.images.remakes).toBe(1)
})

test('of one that is gone, and whose component is another one by now, requests fail, and the log says why', async ({
  expect,
}) => {
  const path = join(folder, 'changed.wasm')
  copyFileSync(fixture('mirror'), path)
  await using server = await serve([FIRST, { name: 'changed', hostname: 'changed.test', path }], 1)
  copyFileSync(fixture('version'), path)
  rmSync(distinct.files.toContentPath(idOf(server, 'changed')))
  const answer = await server.send('changed.test', '/')
  expect([answer.status, answer.text]).toEqual([502, expect.stringContaining('APP_UNAVAILABLE')])
  await server.logged('changed', 'ARTIFACT_BROKEN', 'its component is another one by now')
  expect((await server.send('first.test', '/')).status).toBe(200)
  // the next deploy mends it
  await server.put({ name: 'changed', hostname: 'changed.test', path })
  expect((await server.send('changed.test', '/')).status).toBe(200)
})

test('a component that was checked is not read again as long as it is the same file', async ({ expect }) => {
  const path = join(folder, 'settled.wasm')
  copyFileSync(fixture('version'), path)
  const app = { name: 'settled', hostname: 'settled.test', path }
  const paths = [path, `${path}.map`]
  await expect
    .poll(
      async () => {
        await using _ = await serve([app])
        return distinct.files.find(path, readStamps(paths))
      },
      { timeout: 20_000 },
    )
    .toBeDefined()
  await using server = await serve([app])
  expect((await server.send('settled.test', '/')).status).toBe(200)
})

test('of 200 apps those with live instances are 20, and each is answered whenever it is asked', async ({
  expect,
}) => {
  const most = 20
  const numbers = Array.from({ length: 200 }, (_, i) => i)
  await using server = await serve([FIRST], 1, { liveInstances: most })
  await register(server, numbers, { timeoutMs: 60_000 })
  const live = async () =>
    (await server.tenants()).reduce((sum, { counters }) => sum + counters.liveInstances, 0)
  for (const number of numbers) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await ask(server, number)).toBe(toGreeting(number))
  }
  expect(await live()).toBe(most)
  const evicted = async () =>
    (await server.tenants()).reduce((sum, { counters }) => sum + counters.evicted, 0)
  expect(await evicted()).toBe(numbers.length - most)
  // those that were used last are still there
  await ask(server, numbers.length - 1)
  expect(await evicted()).toBe(numbers.length - most)
  // all at once: as many as work are there, and no more in the end
  const answers = await Promise.all(numbers.map((number) => ask(server, number)))
  expect(answers).toEqual(numbers.map(toGreeting))
  await expect.poll(live).toBe(most)
})

test.skipIf(!hasPageFiles)(
  'live instances go that rest beyond a budget of what they take (skipped where no pages are shared)',
  async ({ expect }) => {
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7]
    const askAll = async (server: Served): Promise<number> => {
      await register(server, numbers)
      for (const number of [...numbers, ...numbers]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await ask(server, number)).toBe(toGreeting(number))
      }
      await later(100)
      return (await server.tenants()).reduce((sum, { counters }) => sum + counters.liveInstances, 0)
    }
    // a memory has some 12 MB, of which about one is not in all the others
    const mostMb = 5
    await using server = await serve([FIRST], 1, { liveMemoryMb: mostMb })
    const count = await askAll(server)
    expect(count).toBeGreaterThan(1)
    expect(count).toBeLessThan(numbers.length)
    // those that were used last are still there
    const made = async () => (await server.counters()).instances
    const before = await made()
    for (const number of numbers.slice(-count)) await ask(server, number)
    expect(await made()).toBe(before)
    await using wide = await serve([FIRST], 1, { liveMemoryMb: 4 * mostMb })
    expect(await askAll(wide)).toBe(numbers.length)
  },
)

test('an app with min_instances keeps its instance, whoever else needs room', async ({ expect }) => {
  await using server = await serve([FIRST], 1, { liveInstances: 1 })
  await register(server, [0], { minInstances: 1 })
  await register(server, [1, 2])
  for (const number of [0, 1, 2, 1, 2, 0]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await ask(server, number)).toBe(toGreeting(number))
  }
  const pinned = (await server.tenants()).find(({ name }) => name === 'app-0')!
  expect(pinned.counters).toMatchObject({ instances: 1, liveInstances: 1, evicted: 0 })
})

test('more live instances than there is address space for are refused', async ({ expect }) => {
  await expect(serve([FIRST], 2, { liveInstances: 8001 })).rejects.toThrow('expected at most 8000')
})

test('one more app costs the same however many there are, and so does a request', async ({ expect }) => {
  await using server = await serve([FIRST], 1)
  const measure = async (number: number) => {
    await register(server, [number])
    const one = await countExecuted(['registry', 'deploy', 'config'], () => register(server, [number + 1]))
    const loads = server.images.loads
    expect(await ask(server, number)).toBe(toGreeting(number))
    expect(server.images.loads).toBe(loads + 1)
    const request = await countExecuted(['registry', 'deploy', 'supervisor'], () => ask(server, number))
    expect(server.images.loads).toBe(loads + 1)
    return { one, request }
  }
  // what happens for the first time is over
  await measure(1)
  const few = await measure(3)
  await register(
    server,
    Array.from({ length: 500 }, (_, i) => 10 + i),
  )
  const many = await measure(600)
  expect(few.one).toBeGreaterThan(10)
  // now and then the main thread asks whether the shard lives; what is done for each app would be 500 more
  expect(many.one).toBeLessThan(few.one + 100)
  // the main thread has no part in a request
  expect(many.request).toBeLessThan(few.request + 100)
})
