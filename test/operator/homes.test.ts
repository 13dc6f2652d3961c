/** Apps on several shards: each lives at its home, moves when that dies, and comes back. */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { homeOf, toHomeKey } from '../../host/home/home-of.ts'
import { DistinctApps, toGreeting } from '../harness/distinct.ts'
import { codeOf } from '../harness/http.ts'
import type { Answer } from '../harness/http.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'
import { nameWithHome, ShardClient } from '../harness/shard-client.ts'
import { runIn, watchThreads } from '../harness/threads.ts'

const APPS = 200
const SHARDS = 8

const total = async (server: Served) => {
  const sum = { liveInstances: 0, instances: 0, requests: 0, handOvers: 0, spreads: 0, answers: 0 }
  for (const { counters, answers } of await server.tenants()) {
    sum.liveInstances += counters.liveInstances
    sum.instances += counters.instances
    sum.requests += counters.requests
    sum.handOvers += counters.handOvers
    sum.spreads += counters.spreads
    sum.answers += answers.total
  }
  return sum
}

test(`on ${SHARDS} shards ${APPS} apps that are asked everywhere are ${APPS} instances`, async ({
  expect,
}) => {
  const distinct = new DistinctApps()
  await using server = await serve([], SHARDS)
  for (let i = 0; i < APPS; i++) {
    const config = { name: `app-${i}`, hostname: `app-${i}.test`, path: '', env: {} }
    const limits = { ...DEFAULT_LIMITS, timeoutMs: 60_000 }
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await server.registry.put({ ...config, limits }, { component: distinct.keep(i) })
  }
  const rounds = 4
  for (let round = 0; round < rounds; round++) {
    // each request has a connection of its own, to a shard of the system's choice
    const ask = async (_: unknown, i: number) => (await server.send(`app-${i}.test`, '/')).text.trim()
    const answers = await Promise.all(Array.from({ length: APPS }, ask))
    expect(answers).toEqual(answers.map((_, i) => toGreeting(i)))
  }
  const { liveInstances, instances, requests, handOvers, spreads, answers } = await total(server)
  expect({ liveInstances, instances, spreads }).toEqual({ liveInstances: APPS, instances: APPS, spreads: 0 })
  expect({ requests, answers }).toEqual({ requests: APPS * rounds, answers: APPS * rounds })
  // seven in eight, by chance
  expect(handOvers).toBeGreaterThan(APPS * rounds * 0.75)
  // and each shard is the home of some
  const places = Array.from({ length: SHARDS }, (_, i) => i)
  const homes = Array.from({ length: APPS }, (_, i) => homeOf(toHomeKey(`app-${i}`), places))
  for (const place of places) {
    const share = homes.filter((home) => home === place).length / (APPS / SHARDS)
    expect(share).toBeGreaterThan(0.4)
    expect(share).toBeLessThan(1.8)
  }
}, 120_000)

describe('when a shard dies', () => {
  const SILENT = nameWithHome('silent', 0, 3)
  const MOVES = [0, 1, 2, 3].map((i) => nameWithHome('moves', 0, 3, i))
  const STAYS = nameWithHome('stays', 1, 3)
  const apps: AppSpec[] = [SILENT, ...MOVES, STAYS].map((name) => ({
    name,
    hostname: `${name}.test`,
    path: fixture(name === SILENT ? 'faults' : 'memory'),
    timeout_ms: 60_000,
  }))
  const threads = watchThreads()
  let server: Served

  beforeAll(async () => {
    server = await serve(apps, 3, { admin: { port: 0 } })
  })

  afterAll(async () => {
    threads[Symbol.dispose]()
    await server.close()
  })

  const live = async (name: string) =>
    (await server.tenants()).find((tenant) => tenant.name === name)?.counters.liveInstances ?? 0

  test.for([
    ['it is ended', (name: string) => threads.find(name).terminate(), 3],
    [
      'a fault of the host ends it',
      (name: string) => runIn(threads.find(name), `throw new Error('a fault of the host')`),
      4,
    ],
  ] as const)(
    '%s: what it was handed is told so, its apps are served by the others, and come home',
    { timeout: 60_000 },
    async ([, end, thread], { expect }) => {
      // the second thread of all stays what it is
      using other = await ShardClient.to(server, 2)
      const open = other.send(`${SILENT}.test`, '/never-with-interval')
      for (const name of MOVES) expect((await server.send(`${name}.test`, '/')).status).toBe(200)
      await waitFor(async () => ((await live(SILENT)) === 1 ? true : undefined))
      await end('shard 0')
      const answer = await open
      expect([answer.status, codeOf(answer)]).toEqual([503, 'SHUTTING_DOWN'])
      // nobody else hears of it: from now on, on connections to the others
      const ask = async (): Promise<Answer[]> =>
        await Promise.all([...MOVES, STAYS].map((name) => other.send(`${name}.test`, '/')))
      const answers = await ask()
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      // another one in its place
      using home = await waitFor(
        async () => await ShardClient.to(server, thread + 1).catch(() => undefined),
        20_000,
      )
      const before = await total(server)
      await waitFor(async () => {
        await ask()
        return (await total(server)).handOvers > before.handOvers || undefined
      })
      for (const name of MOVES) expect((await home.send(`${name}.test`, '/')).status).toBe(200)
      // what lived elsewhere meanwhile goes
      for (const name of MOVES)
        await waitFor(async () => ((await live(name)) === 1 ? true : undefined), 20_000)
    },
  )
})

test('an app that gets new versions while requests are handed over answers all of them', async ({
  expect,
}) => {
  const name = nameWithHome('changing', 0, 2)
  const app = (version: number): AppSpec => ({
    name,
    hostname: 'changing.test',
    path: fixture('version'),
    env: { VERSION: String(version) },
  })
  await using server = await serve([app(0)], 2)
  const state = { isOn: true, asked: 0 }
  const clients = [1, 2, 2, 2].map(async (thread) => {
    using client = await ShardClient.to(server, thread)
    let last = 0
    for (let i = 0; state.isOn; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { status, text } = await client.send('changing.test', `/?ms=${i % 3}`)
      const version = Number(text.split(' ', 1)[0])
      if (status !== 200 || version < last) throw new Error(`after version ${last}: ${status} ${text}`)
      last = version
      state.asked++
    }
    return last
  })
  const versions = 12
  for (let version = 1; version <= versions; version++) {
    const before = state.asked
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await server.put(app(version))
    // oxlint-disable-next-line no-await-in-loop
    await waitFor(() => state.asked > before + 8 || undefined)
  }
  state.isOn = false
  expect(await Promise.all(clients)).toEqual([versions, versions, versions, versions])
  const { requests, answers, handOvers } = await total(server)
  expect([requests, answers]).toEqual([state.asked, state.asked])
  expect(handOvers).toBeGreaterThan(0)
}, 60_000)

test('a server that ends lets what was handed over come to its end', async ({ expect }) => {
  const apps = [0, 1].map((place): AppSpec => {
    const name = nameWithHome('ending', place, 2)
    return { name, hostname: `ending-${place}.test`, path: fixture('memory') }
  })
  const server = await serve(apps, 2)
  // each shard is to finish what the other one asks for
  const clients = await Promise.all([ShardClient.to(server, 1), ShardClient.to(server, 2)])
  const open = clients.flatMap((client, i) => [client.send(`ending-${1 - i}.test`, '/sleep?ms=700')])
  await waitFor(async () => ((await server.counters()).openRequests === 2 ? true : undefined))
  await server.close()
  expect((await Promise.all(open)).map(({ status, text }) => [status, text])).toEqual([
    [200, '{"slept":true}'],
    [200, '{"slept":true}'],
  ])
  expect(server.log.join('\n')).not.toContain('request-failed')
  for (const client of clients) client[Symbol.dispose]()
})
