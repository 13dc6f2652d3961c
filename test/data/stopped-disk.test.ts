/** A disk that hangs or dies under everything that apps keep: they are told in time, nobody else waits, and nothing is lost. */
import { spawnSync } from 'node:child_process'

import { describe, test } from 'vitest'
import type { ExpectStatic } from 'vitest'

import { canStop, StoppableDisk } from '../harness/disk.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const DATA = { data_timeout_ms: 1500 }
const KV = { name: 'kv', path: fixture('kv'), kv_namespaces: [{ binding: 'KV' }], ...DATA }
const D1 = { name: 'd1', path: fixture('d1'), d1_databases: [{ binding: 'DB' }], ...DATA }
const R2 = { name: 'r2', path: fixture('r2'), r2_buckets: [{ binding: 'R2' }], ...DATA }
const QUEUE = {
  name: 'queue',
  path: fixture('queues'),
  queues: {
    producers: [{ binding: 'QUEUE', queue: 'q' }],
    consumers: [{ queue: 'q', max_batch_timeout: 0 }],
  },
  ...DATA,
}
/** Its cache is in memory. */
const CACHE = { name: 'cache', path: fixture('assets') }
const OTHER = { name: 'other', path: fixture('version') }

const ask = async (server: Served, name: string, ...steps: unknown[]): Promise<unknown[]> =>
  JSON.parse(
    (await server.send(name, '/', { method: 'POST', body: JSON.stringify(steps) })).text,
  ) as unknown[]
const insert = (n: number) => ({ sql: `INSERT INTO t VALUES (${n})`, method: 'run' })
const DID_NOT_ANSWER = /the storage did not answer in time/
const WAIT = { timeout: 10_000 }
const message = (body: unknown) => ['QUEUE', 'send', body]
/** What the consumer was given. */
const given = async (server: Served): Promise<unknown[]> => {
  const { given: batches } = (await server.send('queue', '/')).json<{ given: Batch[] }>()
  return batches.flatMap(({ messages }) => messages.map(({ body }) => body))
}
const numbers = { sql: 'SELECT n FROM t ORDER BY n', method: 'raw' }

const CACHE_PUT = '/put?headers={"cache-control":"max-age=9"}'

interface Batch {
  readonly messages: readonly { readonly body: unknown }[]
}

/** Something of each kind. */
async function begin(server: Served, expect: ExpectStatic): Promise<void> {
  expect(await ask(server, 'kv', ['KV', 'put', 'a', '1'])).toEqual([null])
  expect(await ask(server, 'd1', { exec: 'CREATE TABLE t (n)' }, insert(1))).toHaveLength(2)
  expect(await ask(server, 'r2', ['R2', 'put', 'a', '1'])).toMatchObject([{ key: 'a' }])
  expect(await ask(server, 'queue', message('first'))).toMatchObject([{ metadata: {} }])
  await expect.poll(() => given(server), WAIT).toEqual(['first'])
}

describe.skipIf(!(await canStop()))('a disk that can be stopped (needs root, and loop devices)', () => {
  test('keeps the apps on it waiting for so long, and nobody else; what it had acknowledged is there', async ({
    expect,
  }) => {
    using disk = new StoppableDisk(64)
    await using server = await serve([KV, D1, R2, QUEUE, CACHE, OTHER], 1, {
      storageDirectory: disk.directory,
    })
    await begin(server, expect)
    await disk.stop(async () => {
      const asked = Promise.all([
        ask(server, 'kv', ['KV', 'put', 'a', '2'], ['KV', 'get', 'a']),
        ask(server, 'd1', insert(2), numbers),
        ask(server, 'r2', ['R2', 'put', 'b', '1'], ['R2', 'put', 'a', '2']),
        ask(server, 'queue', message('b'), message('c')),
      ])
      const state = { isOver: false }
      const over = asked.finally(() => (state.isOver = true))
      while (!state.isOver) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, while the disk stands
        expect((await server.send('other', '/')).status).toBe(200)
        // oxlint-disable-next-line no-await-in-loop -- the same
        expect((await server.send('cache', CACHE_PUT)).text).toBe('put')
        // a process that maps memory waits for whoever has its map
        expect(spawnSync('true').status).toBe(0)
      }
      for (const outcomes of await over) {
        expect(outcomes).toHaveLength(2)
        for (const outcome of outcomes)
          expect(outcome).toMatchObject({ error: expect.stringMatching(DID_NOT_ANSWER) as string })
      }
    })
    // what nobody knew then is there or not, and whole
    await expect
      .poll(() => ask(server, 'kv', ['KV', 'get', 'a']), WAIT)
      .toEqual([expect.stringMatching(/^[12]$/)])
    await expect
      .poll(() => ask(server, 'd1', numbers), WAIT)
      .toSatisfy(([rows]: unknown[][]) => ['[[1]]', '[[1],[2]]'].includes(JSON.stringify(rows)))
    await expect
      .poll(() => ask(server, 'r2', ['R2', 'read', 'a', undefined, 'text']), WAIT)
      .toEqual([['R2ObjectBody', true, expect.stringMatching(/^[12]$/)]])
    expect(await ask(server, 'kv', ['KV', 'put', 'a', '3'], ['KV', 'get', 'a'])).toEqual([null, '3'])
    expect(await ask(server, 'd1', insert(3))).toMatchObject([{ success: true }])
    expect(await ask(server, 'r2', ['R2', 'put', 'c', '1'])).toMatchObject([{ key: 'c' }])
    await expect.poll(() => ask(server, 'queue', message('last')), WAIT).toMatchObject([{ metadata: {} }])
    // in the order in which they were sent
    await expect.poll(() => given(server), WAIT).toContain('last')
  })

  test('that is dead fails what would change something, and nobody else', async ({ expect }) => {
    using disk = new StoppableDisk(64)
    await using server = await serve([KV, D1, R2, QUEUE, CACHE, OTHER], 1, {
      storageDirectory: disk.directory,
    })
    await begin(server, expect)
    disk.die()
    const unavailable = { code: 'STORAGE_UNAVAILABLE' }
    expect(await ask(server, 'kv', ['KV', 'put', 'a', '2'])).toMatchObject([unavailable])
    expect(await ask(server, 'd1', insert(2))).toMatchObject([
      { error: 'D1_ERROR: disk I/O error: SQLITE_IOERR' },
    ])
    expect(await ask(server, 'r2', ['R2', 'put', 'b', '1'])).toMatchObject([unavailable])
    expect(await ask(server, 'queue', message('b'))).toMatchObject([unavailable])
    expect((await server.send('other', '/')).status).toBe(200)
    expect((await server.send('cache', CACHE_PUT)).text).toBe('put')
  })
})
