/** Apps that keep what they are told, each in a store of its own kind, for the tests that kill their server. */

import type { Writer } from '../harness/crash.ts'
import { fixture, waitFor } from '../harness/serve.ts'

const BATCH = 100

function* split(indices: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < indices.length; at += BATCH) yield indices.slice(at, at + BATCH)
}

/** What comes of some steps, as the apps of test/fixtures take them. */
async function run<T>(ask: Parameters<Writer['write']>[0], steps: readonly unknown[]): Promise<T> {
  const { text } = await ask({ path: '/', method: 'POST', body: JSON.stringify(steps) })
  return JSON.parse(text) as T
}

export const WRITERS: readonly (Writer & { readonly what: string })[] = [
  {
    what: 'puts',
    app: { path: fixture('kv'), kv_namespaces: [{ binding: 'KV' }] },
    async write(ask, index) {
      const { text } = await ask({ path: `/${index}`, method: 'PUT', body: `v${index}` })
      return text === 'stored'
    },
    async missing(ask, indices) {
      const lost: number[] = []
      for (const some of split(indices)) {
        // oxlint-disable-next-line no-await-in-loop -- in order
        const [{ map }] = await run<[{ map: [string, string | null][] }]>(ask, [
          ['KV', 'get', some.map(String)],
        ])
        const found = new Map(map)
        lost.push(...some.filter((index) => found.get(String(index)) !== `v${index}`))
      }
      return lost
    },
  },
  {
    what: 'objects',
    app: { path: fixture('r2'), r2_buckets: [{ binding: 'R2' }] },
    async write(ask, index) {
      const { status } = await ask({ path: `/${index}`, method: 'PUT', body: `v${index}` })
      return status === 200
    },
    async missing(ask, indices) {
      const lost: number[] = []
      for (const some of split(indices)) {
        const steps = some.map((index) => ['R2', 'read', `${index}`, undefined, 'text'])
        // oxlint-disable-next-line no-await-in-loop -- in order
        const found = await run<[string, boolean, string][]>(ask, steps)
        lost.push(...some.filter((index, i) => found[i]?.[2] !== `v${index}`))
      }
      return lost
    },
  },
  {
    what: 'inserts',
    app: { path: fixture('d1'), d1_databases: [{ binding: 'DB' }] },
    prepare: (ask) => run(ask, [{ exec: 'CREATE TABLE t (id INTEGER PRIMARY KEY, x)' }]),
    async write(ask, index) {
      const insert = { sql: 'INSERT INTO t VALUES (?, ?)', params: [index, `v${index}`], method: 'run' }
      const [outcome] = await run<[{ success?: boolean }]>(ask, [insert])
      return outcome.success === true
    },
    async missing(ask, indices) {
      const select = { sql: "SELECT id FROM t WHERE x = format('v%d', id)", method: 'raw' }
      const [ids] = await run<[[number][]]>(ask, [select])
      const there = new Set(ids.map(([id]) => id))
      return indices.filter((index) => !there.has(index))
    },
  },
  {
    what: 'messages, each given to the consumer,',
    app: {
      path: fixture('queues'),
      d1_databases: [{ binding: 'DB' }],
      queues: {
        producers: [{ binding: 'QUEUE', queue: 'q' }],
        consumers: [
          { queue: 'q', max_batch_size: 100, max_batch_timeout: 0, max_retries: 100, retry_delay: 1 },
        ],
      },
    },
    prepare: (ask) => run(ask, [['DB', 'exec', 'CREATE TABLE seen (id INTEGER PRIMARY KEY)']]),
    async write(ask, index) {
      const [outcome] = await run<[{ metadata?: object }]>(ask, [['QUEUE', 'send', index]])
      return outcome.metadata !== undefined
    },
    async missing(ask, indices) {
      await waitFor(async () => {
        const [{ backlogCount }] = await run<[{ backlogCount: number }]>(ask, [['QUEUE', 'metrics']])
        return backlogCount === 0 || undefined
      }, 60_000)
      const seen = new Set(JSON.parse((await ask({ path: '/seen' })).text) as number[])
      return indices.filter((index) => !seen.has(index))
    },
  },
]
