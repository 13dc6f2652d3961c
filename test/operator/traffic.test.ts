/** Two versions of an app share its requests: over real sockets, on two shards, by the admin API and by the command line. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { keepAlive } from '../harness/http.ts'
import { fixture, serve, sleep } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-traffic-'))
afterAll(() => rmSync(folder, { recursive: true }))
let folders = 0

const COMPONENT = readFileSync(fixture('version'))
const SHARDS = 2
const CLIENTS = Array.from({ length: 50 }, (_, i) => `203.0.113.${i}`)
const AT_ONCE = 10
/** Enough that each shard is asked, whatever way the connections go. */
const TRIES = 2

const open = (dataDirectory = join(folder, String(++folders))) =>
  serve([], SHARDS, { admin: { port: 0 }, adminToken: TOKEN, dataDirectory, trustedProxies: ['127.0.0.1'] })

const put = async (ask: Ask, version: string, query = '', more: object = {}) =>
  await ask('PUT', `/admin/apps/shop?${query}`, {
    form: {
      settings: JSON.stringify({ hostname: 'shop.test', env: { VERSION: version }, cpu_ms: 10_000, ...more }),
      component: COMPONENT,
    },
  })

/** Another component, without traffic. */
async function upload(ask: Ask, name: string): Promise<{ component: string }> {
  const { status, text } = await ask('PUT', '/admin/apps/shop?traffic=none', {
    form: { component: readFileSync(fixture(name)) },
  })
  if (status !== 200) throw new Error(text)
  const listed = await ask('GET', '/admin/apps/shop/versions')
  const { versions } = listed.json<{ versions: { component: string }[] }>()
  return versions[0]!
}

/** The versions that these headers get, over so many connections. */
async function versionsOf(server: Served, headers: Record<string, string>, tries = TRIES): Promise<string> {
  const answers = await Promise.all(
    Array.from({ length: tries }, () => server.send('shop.test', '/', { headers })),
  )
  return [...new Set(answers.map(({ status, text }) => `${status} ${text.split(' ', 1)[0]}`))].join()
}

/** Who of the clients gets version `2`; every one of them has to get one version alone. */
async function canaryClients(server: Served): Promise<string[]> {
  const found = new Set<string>()
  const left = CLIENTS.values()
  const ask = async (): Promise<void> => {
    for (const client of left) {
      // oxlint-disable-next-line no-await-in-loop -- so many at once, and not all of them
      const versions = await versionsOf(server, { 'x-forwarded-for': client })
      if (versions === '200 2') found.add(client)
      else if (versions !== '200 1') throw new Error(`${client} got ${versions}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  return CLIENTS.filter((client) => found.has(client))
}

/** Five standard deviations around the share that was asked for. */
function toBounds(percent: number): [number, number] {
  const expected = (CLIENTS.length * percent) / 100
  const slack = 5 * Math.sqrt(expected * (1 - percent / 100))
  return [expected - slack, expected + slack]
}

test('clients keep their version while its part grows from 0 to 10, 50 and 100 %, and no request fails', async ({
  expect,
}) => {
  await using server = await open()
  const ask = toAsk(server)
  await put(ask, '1')
  const state = { isOn: true, answers: 0 }
  const failures: string[] = []
  const client = async (address: string): Promise<void> => {
    const agent = keepAlive(1)
    const headers = { 'x-forwarded-for': address }
    let last = 1
    while (state.isOn) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const answer = await server.send('shop.test', '/', { headers, agent }).catch(String)
      const version = typeof answer === 'string' ? NaN : Number(answer.text.split(' ', 1)[0])
      const isFine = typeof answer !== 'string' && answer.status === 200 && version >= last && version <= 2
      if (!isFine)
        failures.push(`${address} after ${last}: ${typeof answer === 'string' ? answer : answer.text}`)
      last = version
      state.answers++
      // all through the change, and not all of the machine
      // oxlint-disable-next-line no-await-in-loop
      await sleep(5)
    }
    agent.destroy()
  }
  const load = Promise.all(CLIENTS.slice(0, 8).map(client))
  const uploaded = await put(ask, '2', 'percent=0')
  expect(uploaded.json()).toMatchObject({ version: 2, previous: 1, serves: false, percent: 0 })
  expect(await canaryClients(server)).toEqual([])

  const groups: string[][] = [[]]
  for (const percent of [10, 50]) {
    const promoted = await ask('POST', '/admin/apps/shop/promote', { json: { version: 2, percent } })
    expect(promoted.json()).toMatchObject({ version: 2, previous: 1, serves: true, percent })
    const now = await canaryClients(server)
    expect(now).toEqual(expect.arrayContaining(groups.at(-1)!))
    const [least, most] = toBounds(percent)
    expect(now.length).toBeGreaterThan(least)
    expect(now.length).toBeLessThan(most)
    groups.push(now)
  }
  await ask('POST', '/admin/apps/shop/promote', { json: { version: 2 } })
  expect(await canaryClients(server)).toEqual(CLIENTS)
  state.isOn = false
  await load
  expect(failures).toEqual([])
  expect(state.answers).toBeGreaterThan(100)
}, 120_000)

describe('a canary', () => {
  test('is shown, has its own counts, and stays over a restart and the death of a shard', async ({
    expect,
  }) => {
    const directory = join(folder, String(++folders))
    let before: string[]
    {
      await using server = await open(directory)
      const ask = toAsk(server)
      await put(ask, '1')
      expect((await put(ask, '2', 'percent=30')).json()).toMatchObject({ version: 2, percent: 30 })
      before = await canaryClients(server)
      const shown = await ask('GET', '/admin/apps/shop')
      expect(shown.json()).toMatchObject({
        version: 1,
        canary: { version: 2, percent: 30 },
        versions: [
          { version: 2, serves: true, percent: 30 },
          { version: 1, serves: true, percent: 70 },
        ],
      })
      expect((await ask('GET', '/admin/apps')).json()).toMatchObject({
        apps: [{ name: 'shop', canary: { version: 2, percent: 30 } }],
      })
      const { text } = await ask('GET', '/metrics')
      const count = (version: number): number =>
        Number(
          new RegExp(
            `^nano_requests_total{[^}]*tenant="shop",version="${version}",class="2xx"} (\\d+)`,
            'm',
          ).exec(text)?.[1],
        )
      expect([count(1), count(2)]).toEqual([(CLIENTS.length - before.length) * TRIES, before.length * TRIES])
    }
    using threads = watchThreads()
    await using server = await open(directory)
    expect(await canaryClients(server)).toEqual(before)
    const ask = toAsk(server)
    await threads.find('shard 0').terminate()
    await expect.poll(async () => (await ask('GET', '/readyz')).status, { timeout: 10_000 }).toBe(503)
    await expect.poll(async () => (await ask('GET', '/readyz')).status, { timeout: 10_000 }).toBe(200)
    expect(await canaryClients(server)).toEqual(before)
    expect((await ask('GET', '/admin/apps/shop')).json()).toMatchObject({
      canary: { version: 2, percent: 30 },
    })
  })

  test('that is broken leaves the other version all requests after a restart', async ({ expect }) => {
    const directory = join(folder, String(++folders))
    let broken: string
    {
      await using server = await open(directory)
      const ask = toAsk(server)
      await put(ask, '1')
      const { component: other } = await upload(ask, 'mirror')
      broken = other
      await ask('POST', '/admin/apps/shop/promote', { json: { version: 2, percent: 99 } })
    }
    const blobs = readdirSync(join(directory, 'blobs'), { recursive: true, encoding: 'utf8' })
    writeFileSync(
      join(
        directory,
        'blobs',
        blobs.find((file) => file.endsWith(broken))!,
      ),
      'x',
    )
    await using server = await open(directory)
    await server.logged('the stored artifact', 'is broken')
    expect(await canaryClients(server)).toEqual([])
    const shown = (await toAsk(server)('GET', '/admin/apps/shop')).json()
    expect(shown).toMatchObject({ version: 1, state: 'serving' })
    expect(shown).not.toHaveProperty('canary')
  })

  test('is taken back by 0 %, by a rollback and by a deploy to everybody', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    const versions = async () =>
      (
        (await ask('GET', '/admin/apps/shop/versions')).json()['versions'] as {
          version: number
          percent: number
        }[]
      )
        .filter(({ percent }) => percent > 0)
        .map(({ version, percent }) => `${version}:${percent}`)
        .join(' ')
    await put(ask, '1')
    await put(ask, '2', 'percent=99')
    expect(await versions()).toBe('2:99 1:1')
    const back = await ask('POST', '/admin/apps/shop/promote', { json: { version: 2, percent: 0 } })
    expect(back.json()).toMatchObject({ version: 2, serves: false, percent: 0 })
    expect(await versions()).toBe('1:100')
    await ask('POST', '/admin/apps/shop/promote', { json: { version: 2, percent: 99 } })
    const rolled = await ask('POST', '/admin/apps/shop/rollback', { json: {} })
    expect(rolled.json()).toMatchObject({ version: 1, previous: 2, percent: 100 })
    expect(await versions()).toBe('1:100')
    expect(await canaryClients(server)).toEqual([])
    await ask('POST', '/admin/apps/shop/promote', { json: { version: 2, percent: 50 } })
    await put(ask, '3', 'traffic=none')
    expect(await versions()).toBe('2:50 1:50')
    await put(ask, '4')
    expect(await versions()).toBe('4:100')
    // both that served are gone with what they had
    await expect.poll(async () => (await server.counters()).liveInstances).toBe(0)
  })

  test('is refused where it cannot be, and changes nothing that its sender has not seen', async ({
    expect,
  }) => {
    await using server = await open()
    const ask = toAsk(server)
    expect((await put(ask, '1', 'percent=10')).json()).toMatchObject({
      error: {
        code: 'TRAFFIC_REFUSED',
        message: expect.stringContaining('no version that could serve the rest'),
      },
    })
    await put(ask, '1')
    const promote = (json: unknown, headers = {}) =>
      ask('POST', '/admin/apps/shop/promote', { json, headers })
    expect((await promote({ version: 1, percent: 50 })).json()).toMatchObject({
      error: {
        code: 'TRAFFIC_REFUSED',
        message: expect.stringContaining('version 1 of shop serves already'),
      },
    })
    const moved = await put(ask, '2', 'percent=10', { hostname: 'other.test' })
    expect([moved.status, moved.text]).toEqual([
      409,
      expect.stringContaining('cannot share requests for shop.test'),
    ])
    expect((await put(ask, '2', 'percent=10&traffic=all')).status).toBe(400)
    for (const percent of [-1, 101, 1.5, '10']) {
      expect((await promote({ version: 1, percent })).status).toBe(400)
    }
    expect((await promote({ version: 7, percent: 10 })).status).toBe(404)
    await put(ask, '2', 'traffic=none')
    const seen = (await ask('GET', '/admin/apps/shop')).headers['etag']
    expect((await promote({ version: 2, percent: 10 }, { 'if-match': seen })).status).toBe(200)
    expect((await promote({ version: 2, percent: 20 }, { 'if-match': seen })).status).toBe(412)
    expect((await ask('GET', '/admin/apps/shop')).json()).toMatchObject({ canary: { percent: 10 } })
  })

  test('is chosen by the header or cookie that the settings name, and by address without it', async ({
    expect,
  }) => {
    await using server = await open()
    const ask = toAsk(server)
    for (const [stickyBy, toHeaders] of [
      ['header:X-User', (user: string) => ({ 'X-User': user })],
      ['cookie:session', (user: string) => ({ cookie: `theme=dark; session=${user}` })],
    ] as const) {
      await put(ask, '1', '', { sticky_by: stickyBy })
      await put(ask, '2', 'percent=50', { sticky_by: stickyBy })
      const got = new Set<string>()
      for (let user = 0; user < 20; user++) {
        const headers = toHeaders(`user ${user}`.replace(' ', '-'))
        const [here, there] = await Promise.all([
          versionsOf(server, { ...headers, 'x-forwarded-for': '203.0.113.1' }),
          versionsOf(server, { ...headers, 'x-forwarded-for': '203.0.113.200' }),
        ])
        expect(here).toMatch(/^200 [12]$/)
        expect(there).toBe(here)
        got.add(here)
      }
      expect(got).toEqual(new Set(['200 1', '200 2']))
      expect(new Set(await canaryClients(server)).size).toBeGreaterThan(0)
    }
    const { status, text } = await put(ask, '1', '', { sticky_by: 'address' })
    expect([status, text]).toEqual([
      422,
      expect.stringContaining('sticky_by: expected \\"header:\\" or \\"cookie:\\"'),
    ])
  })
})
