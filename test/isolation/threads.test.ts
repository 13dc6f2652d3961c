/**
 * A shard that dies, whatever it dies of, is replaced; its clients lose their connections or are told, and those of the
 * other shard notice nothing.
 */

import { describe, test } from 'vitest'

import { send } from '../harness/http.ts'
import type { Answer } from '../harness/http.ts'
import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { ServeOptions, Served } from '../harness/serve.ts'
import { nameWithHome, ShardClient } from '../harness/shard-client.ts'
import { runIn, watchThreads } from '../harness/threads.ts'
import type { Threads } from '../harness/threads.ts'

/** Each has its home where its client's connection is. */
const FAULTY = nameWithHome('faulty', 0, 2)
const NEIGHBOUR = nameWithHome('neighbour', 1, 2)

const APPS = [
  { name: FAULTY, hostname: 'faulty.test', path: fixture('faults'), cpu_ms: 500, timeout_ms: 60_000 },
  { name: NEIGHBOUR, hostname: 'neighbour.test', path: fixture('memory'), cpu_ms: 500 },
]
const PAUSE_MS = 5

interface Attack extends AsyncDisposable {
  readonly server: Served
  readonly threads: Threads
  /** What became of a request that was open on the first shard. */
  readonly open: Promise<Answer | Error>
  ready(): Promise<{ status: number; missing: number }>
  metrics(): Promise<string>
  /** Ends the neighbour's requests; throws for the first that was not answered well. */
  peace(): Promise<number>
}

/** Two shards; the neighbour is under load on the second one, a request of another app is open on the first. */
async function begin(options: ServeOptions = {}): Promise<Attack> {
  const threads = watchThreads()
  const server = await serve(APPS, 2, { ...options, admin: { port: 0 } })
  const ask = (path: string) => send(Number(new URL(server.adminUrl!).port), { host: 'localhost', path })
  const client = await ShardClient.to(server, 1)
  // something that is counted
  await client.send('faulty.test', '/throw')
  const open = client.send('faulty.test', '/never-with-interval').catch((error: Error) => error)
  const neighbour = await ShardClient.to(server, 2)
  const state = { isOn: true, answers: 0 }
  const load = (async () => {
    while (state.isOn) {
      const answer = await neighbour.send('neighbour.test', '/note?a=1')
      if (answer.status !== 200) throw new Error(`the neighbour got ${answer.status}: ${answer.text}`)
      state.answers++
      await sleep(PAUSE_MS)
    }
  })()
  load.catch(() => {})
  return {
    server,
    threads,
    open,
    async ready() {
      const answer = await ask('/readyz')
      return { status: answer.status, missing: answer.json<{ shards: { missing: number } }>().shards.missing }
    },
    metrics: async () => (await ask('/metrics')).text,
    async peace() {
      state.isOn = false
      await load
      return state.answers
    },
    async [Symbol.asyncDispose]() {
      state.isOn = false
      await load.catch(() => {})
      client[Symbol.dispose]()
      neighbour[Symbol.dispose]()
      threads[Symbol.dispose]()
      await server.close()
    },
  }
}

const MISSING = { status: 503, missing: 1 }
const READY = { status: 200, missing: 0 }

async function becomes(attack: Attack, wanted: typeof READY, ms: number): Promise<void> {
  await waitFor(async () => ((await attack.ready()).status === wanted.status ? true : undefined), ms)
}

describe('a shard', () => {
  test('that is ended from outside is replaced, while the other one answers everybody', async ({
    expect,
  }) => {
    await using attack = await begin()
    const { server, threads } = attack
    expect(await attack.ready()).toEqual(READY)
    const before = (await server.tenants()).find(({ name }) => name === FAULTY)!
    await threads.find('shard 0').terminate()
    expect(await attack.open).toBeInstanceOf(Error)
    expect(await attack.ready()).toEqual(MISSING)
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.send('neighbour.test', '/')))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    await becomes(attack, READY, 10_000)
    // the third thread of this server
    using fresh = await ShardClient.to(server, 3)
    expect((await fresh.send('neighbour.test', '/')).status).toBe(200)
    expect(await attack.metrics()).toContain('nano_shard_restarts_total 1')
    const after = (await server.tenants()).find(({ name }) => name === FAULTY)!
    expect(after.counters.requests).toBeGreaterThanOrEqual(before.counters.requests)
    expect(after.counters.openRequests).toBe(0)
    expect(await server.logged('shard 0 died')).toContain('started again')
    expect(await attack.peace()).toBeGreaterThan(20)
  })

  test.for([
    ['an exception', `throw new Error('a fault of the host')`],
    ['a rejection that nobody handles', `Promise.reject(new Error('a fault of the host'))`],
  ] as const)(
    'with %s of the host tells its clients, ends and is replaced',
    async ([, script], { expect }) => {
      await using attack = await begin()
      await runIn(attack.threads.find('shard 0'), script)
      const open = await attack.open
      if (open instanceof Error) throw open
      expect([open.status, open.json<{ error: { code: string } }>().error.code]).toEqual([
        503,
        'SHUTTING_DOWN',
      ])
      await becomes(attack, MISSING, 5000)
      await becomes(attack, READY, 10_000)
      const entry = await attack.server.logged('a fault ends the shard', 'a fault of the host')
      // the stack, and whom to suspect
      expect(entry).toContain('    at ')
      expect(entry).toContain(`apps at work: ${FAULTY}`)
      expect(await attack.metrics()).toMatch(
        new RegExp(`nano_errors_total\\{tenant="${FAULTY}",version="\\d+",code="APP_THREW"\\}`, 'v'),
      )
      expect(await attack.peace()).toBeGreaterThan(20)
    },
  )

  test('whose own heap is full ends alone and is replaced', async ({ expect }) => {
    await using attack = await begin({ heapMb: 64 })
    // in one go: V8 asks Node what to do when JavaScript meets the limit, and not always when a task of its own does
    const fill = `const all = []
      for (;;) all.push(new Array(20_000).fill(all.length))`
    await runIn(attack.threads.find('shard 0'), fill)
    expect(await attack.open).toBeInstanceOf(Error)
    await becomes(attack, MISSING, 10_000)
    await becomes(attack, READY, 10_000)
    expect(await attack.server.logged('shard 0', 'memory limit')).toContain('ERR_WORKER_OUT_OF_MEMORY')
    expect(await attack.peace()).toBeGreaterThan(20)
  })

  test('that stands still is ended and replaced, and the operator is answered meanwhile', async ({
    expect,
  }) => {
    await using attack = await begin({ silenceMs: 1000 })
    await attack.metrics()
    const say = `{ type: 'log', entry: { time: 0, level: 'info', text: 'stands still' } }`
    await runIn(
      attack.threads.find('shard 0'),
      `process.getBuiltinModule('node:worker_threads').parentPort.postMessage(${say}); for (;;);`,
    )
    await attack.server.logged('stands still')
    // the shard cannot say what it did: what it said before counts
    expect(await attack.metrics()).toContain(`nano_requests_total{tenant="${FAULTY}",`)
    expect(await attack.open).toBeInstanceOf(Error)
    await becomes(attack, MISSING, 10_000)
    await becomes(attack, READY, 10_000)
    await attack.server.logged('shard 0 has not answered')
    expect(await attack.peace()).toBeGreaterThan(20)
  })

  test('that an app keeps busy for as long as it may is left alone', async ({ expect }) => {
    const busy = { name: 'busy', hostname: 'busy.test', path: fixture('faults'), cpu_ms: 2500 }
    await using server = await serve([busy], 1, { silenceMs: 500 })
    const answer = await server.send('busy.test', '/spin')
    expect(answer.json<{ error: { code: string } }>().error.code).toBe('APP_CPU_LIMIT')
    expect(server.log.join()).not.toContain('died')
  })
})
