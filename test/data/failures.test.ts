/** Storage that is full, slow or dead: apps are told what they can rely on, nobody else notices, and it comes back. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { canMount, Disk } from '../harness/disk.ts'
import { NatsServer, NO_NATS } from '../harness/nats.ts'
import { NO_REDIS, RedisServer } from '../harness/redis.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'

const directory = mkdtempSync(join(tmpdir(), 'nano-failures-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const KV = {
  name: 'kv',
  path: fixture('kv'),
  kv_namespaces: [{ binding: 'KV', id: 'kv' }],
  data_timeout_ms: 3000,
}
const OTHER = { name: 'other', path: fixture('version') }

async function run(server: Served, ...steps: unknown[][]): Promise<unknown[]> {
  const body = JSON.stringify(steps.map((step) => ['KV', ...step]))
  const { text } = await server.send('kv', '/', { method: 'POST', body })
  return JSON.parse(text) as unknown[]
}

const failed = (code: string) => ({ code })

describe('the storage thread', () => {
  test('that dies fails what is under way, and another one takes its place', async ({ expect }) => {
    using threads = watchThreads()
    await using server = await serve([KV, OTHER], 1, { storageDirectory: join(directory, 'dies') })
    expect(await run(server, ['put', 'a', '1'])).toEqual([null])
    await threads.find('storage kv').terminate()
    await server.logged('storage thread of kv ended')
    const [outcome] = await run(server, ['get', 'a'])
    // it waits for the next thread, or for too long
    if (outcome !== '1') expect(outcome).toMatchObject(failed('STORAGE_UNAVAILABLE'))
    await expect.poll(() => run(server, ['get', 'a']), { timeout: 10_000 }).toEqual(['1'])
    expect((await server.send('other', '/')).status).toBe(200)
  })
})

describe.skipIf(!canMount())('a disk of its own (needs root)', () => {
  test('that is full refuses writes and loses nothing', async ({ expect }) => {
    using disk = new Disk('3m')
    await using server = await serve([KV, OTHER], 1, { storageDirectory: disk.directory })
    const large = { repeat: 400_000 }
    const kept: string[] = []
    for (let i = 0; i < 10; i++) {
      // oxlint-disable-next-line no-await-in-loop -- until it is full
      const [outcome] = await run(server, ['put', `k${i}`, large])
      if (outcome === null) kept.push(`k${i}`)
      else expect(outcome).toMatchObject(failed('STORAGE_FULL'))
    }
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThan(10)
    const [{ keys }] = (await run(server, ['list'])) as [{ keys: { name: string }[] }]
    expect(keys.map(({ name }) => name)).toEqual(kept)
    expect((await server.send('other', '/')).status).toBe(200)
  })
})

describe.skipIf(!canMount())('queues on a disk of their own (needs root)', () => {
  const QUEUE = {
    name: 'queue',
    path: fixture('queues'),
    queues: { producers: [{ binding: 'QUEUE', queue: 'q' }] },
  }
  const CONSUMED = { consumers: [{ queue: 'q', max_batch_timeout: 0, max_batch_size: 1 }] }
  const steps = async (server: Served, ...all: unknown[][]): Promise<unknown[]> => {
    const { text } = await server.send('queue', '/', { method: 'POST', body: JSON.stringify(all) })
    return JSON.parse(text) as unknown[]
  }

  test('that is full refuse messages, give what they have, and settle it when there is room', async ({
    expect,
  }) => {
    using disk = new Disk('3m')
    await using server = await serve([QUEUE, OTHER], 1, { storageDirectory: disk.directory })
    const large = ['QUEUE', 'send', { repeat: 128_000 }, { contentType: 'text' }]
    const outcomes = await steps(server, ...Array.from({ length: 30 }, () => large))
    const refused = outcomes.filter((outcome) => (outcome as { code?: string }).code === 'STORAGE_FULL')
    const taken = outcomes.length - refused.length
    expect(outcomes.filter((outcome) => 'metadata' in (outcome as object))).toHaveLength(taken)
    expect(taken).toBeGreaterThan(0)
    expect(refused.length).toBeGreaterThan(0)
    expect(await steps(server, ['QUEUE', 'metrics'])).toMatchObject([{ backlogCount: taken }])
    expect((await server.send('other', '/')).status).toBe(200)
    await server.put({ ...QUEUE, queues: { ...QUEUE.queues, ...CONSUMED } })
    const given = async () => (await server.send('queue', '/')).json<{ given: object[] }>().given
    expect(
      await server.logged('queue q: the storage of this server is full; nothing was changed'),
    ).toBeTruthy()
    expect((await given()).length).toBeGreaterThan(0)
    disk.size = '9m'
    await expect
      .poll(() => steps(server, ['QUEUE', 'metrics']), { timeout: 20_000 })
      .toMatchObject([{ backlogCount: 0 }])
    // each once, for nothing has begun again
    expect(await given()).toHaveLength(taken)
    expect(await steps(server, large)).toMatchObject([{ metadata: {} }])
  })
})

describe.skipIf(NO_REDIS !== undefined)(
  `Redis${NO_REDIS === undefined ? '' : ` (skipped: ${NO_REDIS})`}`,
  () => {
    test('keeps what apps put, for every host that has it', async ({ expect }) => {
      await using redis = await RedisServer.start()
      const storage = { kv: { redis: redis.url } }
      await using one = await serve([KV], 1, { storage })
      await using two = await serve([KV], 1, { storage })
      const put = ['put', 'a', '{"x":1}', { metadata: { m: 1 }, expirationTtl: 1000 }]
      expect(await run(one, put)).toEqual([null])
      const [found, listed] = await run(two, ['getWithMetadata', 'a', 'json'], ['list'])
      expect(found).toEqual({ value: { x: 1 }, metadata: { m: 1 }, cacheStatus: null })
      expect(listed).toMatchObject({
        keys: [{ name: 'a', metadata: { m: 1 }, expiration: expect.any(Number) as number }],
      })
    })

    test('that is slow, dead or full fails calls, and is used again when it is back', async ({ expect }) => {
      await using redis = await RedisServer.start()
      await using server = await serve([KV, OTHER], 1, { storage: { kv: { redis: redis.url } } })
      expect(await run(server, ['put', 'a', '1'])).toEqual([null])
      redis.kill('SIGSTOP')
      expect(await run(server, ['get', 'a'])).toEqual([
        expect.objectContaining(failed('STORAGE_UNAVAILABLE')),
      ])
      expect((await server.send('other', '/')).status).toBe(200)
      redis.kill('SIGCONT')
      expect(await run(server, ['get', 'a'])).toEqual(['1'])
      await redis.end()
      const dead = await run(server, ['get', 'a'], ['put', 'a', '2'], ['list'], ['delete', 'a'])
      expect(dead).toEqual(dead.map(() => expect.objectContaining(failed('STORAGE_UNAVAILABLE')) as unknown))
      await redis.start('--maxmemory', '100kb')
      await expect.poll(() => run(server, ['get', 'a']), { timeout: 10_000 }).toEqual(['1'])
      expect(await run(server, ['put', 'b', '2'])).toEqual([expect.objectContaining(failed('STORAGE_FULL'))])
    })
  },
)

describe.skipIf(NO_NATS !== undefined)(
  `the fleet${NO_NATS === undefined ? '' : ` (skipped: ${NO_NATS})`}`,
  () => {
    test('keeps what apps put for all of its hosts, fails calls while it is dead, and has it when it is back', async ({
      expect,
    }) => {
      await using nats = await NatsServer.start()
      const of = (host: string) => ({
        storage: { kv: 'fleet' as const },
        fleet: { nats: nats.url, host, key: false as const },
        dataDirectory: join(directory, host),
      })
      await using one = await serve([KV, OTHER], 1, of('one'))
      await using two = await serve([KV], 1, of('two'))
      const put = ['put', 'a', '{"x":1}', { metadata: { m: 'ü' }, expirationTtl: 1000 }]
      expect(await run(one, put, ['put', 'b', '2'], ['delete', 'b'])).toEqual([null, null, null])
      const [found, listed] = await run(two, ['getWithMetadata', 'a', 'json'], ['list'])
      expect(found).toEqual({ value: { x: 1 }, metadata: { m: 'ü' }, cacheStatus: null })
      expect(listed).toMatchObject({
        keys: [{ name: 'a', metadata: { m: 'ü' }, expiration: expect.any(Number) as number }],
      })

      await nats.kill()
      const dead = await run(one, ['get', 'a'], ['put', 'a', '2'], ['list'], ['delete', 'a'])
      expect(dead.slice(0, 2)).toEqual(
        dead.slice(0, 2).map(() => expect.objectContaining(failed('STORAGE_UNAVAILABLE')) as unknown),
      )
      expect((await one.send('other', '/')).status).toBe(200)
      await nats.start()
      await expect
        .poll(() => run(one, ['get', 'a'], ['put', 'c', '3']), { timeout: 10_000 })
        .toEqual(['{"x":1}', null])
      await expect
        .poll(() => run(two, ['list', { prefix: 'c' }]), { timeout: 10_000 })
        .toMatchObject([{ keys: [{ name: 'c' }] }])
    })
  },
)
