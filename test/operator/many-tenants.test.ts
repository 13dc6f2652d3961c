/** A shard with ten thousand tenants, of one component: what it tells when it is asked, and what it does meanwhile. */

import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'

import { test } from 'vitest'

import { DEFAULT_CONNECTION_LIMITS } from '../../host/config/connection-limits.ts'
import type { ServedState } from '../../host/deploy/change.ts'
import type { AppContent } from '../../host/image/image.ts'
import type { FromShard } from '../../host/supervisor/messages.ts'
import { Shards } from '../../host/supervisor/shards.ts'
import { expose } from '../../host/telemetry/exposition.ts'
import type { HostSnapshot } from '../../host/telemetry/snapshot.ts'
import { send } from '../harness/http.ts'
import { load } from '../harness/load.ts'
import { fixture, ROOT } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'

const TENANTS = 10_000
const CLIENTS = 32
/** Those that ask while the shard tells what it did. */
const NEIGHBOURS = 8
const ROUNDS = 5
/** Refused by the tenant before it has an instance. */
const LONG_PATH = `/${'u'.repeat(3000)}`

const toHost = (i: number): string => `app-${i}.test`

async function toServed(): Promise<{ state: ServedState; content: AppContent }> {
  const app = { name: 'app', hostname: toHost(0), path: fixture('memory'), max_url_kb: 1, cpu_ms: 10_000 }
  const { deployments, engines, contents } = await load(
    JSON.stringify({ apps: [app] }),
    join(ROOT, 'test/nano.json'),
  )
  const deployment = deployments[0]!
  const ids = Array.from({ length: TENANTS }, (__, i) => i)
  const state = {
    deployments: ids.map((id) => ({ ...deployment, id, name: `app-${id}` })),
    routes: ids.map((id) => ({ app: `app-${id}`, hostname: toHost(id), isFallback: false, deployment: id })),
    engines,
  }
  return { state, content: contents[0]! }
}

async function start() {
  const threads = watchThreads()
  const { state, content } = await toServed()
  const served = {
    state,
    longestTurnMs: 10_000,
    has: () => true,
    hasVersion: () => true,
    // what a shard gets is moved to it
    load: async () => structuredClone(content),
  }
  const shards = new Shards({
    script: new URL('../../host/shard.ts', import.meta.url),
    data: {
      port: 0,
      host: '127.0.0.1',
      reusePort: false,
      allowLoopback: false,
      durable: undefined,
      connectionLimits: DEFAULT_CONNECTION_LIMITS,
      trustedProxies: [],
      liveMemoryMb: 1_000_000,
      liveInstances: 100,
      logsRequests: false,
    },
    served,
    storage: { connect() {} },
    count: 1,
    log() {},
  })
  const port = await shards.start()
  return {
    port,
    shards,
    shard: threads.find('shard 0'),
    async [Symbol.asyncDispose]() {
      threads[Symbol.dispose]()
      await shards.close()
    },
  }
}

/** Rows of each slice that the shard posts from here on. */
function watchSlices(shard: Worker): number[] {
  const slices: number[] = []
  shard.on('message', (message: FromShard) => {
    if (message.type === 'counted') slices.push(message.slice.rows.length)
  })
  return slices
}

/** Each host once, by some clients. */
async function askAll(port: number, hosts: readonly string[], path: string): Promise<Set<number>> {
  const left = hosts.values()
  const statuses = new Set<number>()
  const client = async (): Promise<void> => {
    for (const host of left) {
      // oxlint-disable-next-line no-await-in-loop -- a client waits for its answer
      statuses.add((await send(port, { host, path })).status)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return statuses
}

test(
  'ten thousand tenants are told of in slices, each when something happened to it, while requests go on',
  { timeout: 120_000 },
  async ({ expect }) => {
    await using server = await start()
    const { port, shard, shards } = server
    const slices = watchSlices(shard)
    const scrape = async (): Promise<number[]> => {
      slices.length = 0
      await shards.count()
      return slices.slice()
    }
    expect(await scrape()).toEqual([])

    const hosts = Array.from({ length: TENANTS }, (_, i) => toHost(i))
    expect(await askAll(port, hosts.slice(0, 3), LONG_PATH)).toEqual(new Set([414]))
    expect(await scrape()).toEqual([3])
    expect(await scrape()).toEqual([])

    const neighbour = { isOn: true, answers: 0 }
    const ask = async (): Promise<void> => {
      while (neighbour.isOn) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { status } = await send(port, { host: toHost(1), path: '/' })
        expect(status).toBe(200)
        neighbour.answers++
      }
    }
    const asks = Promise.all(Array.from({ length: NEIGHBOURS }, ask))
    await expect.poll(() => neighbour.answers).toBeGreaterThan(0)
    let [told, ms, during]: [number[], number, number] = [[], 0, 0]
    // this thread brings both, and may have no time for an answer before the last slice is here
    for (let round = 0; round < ROUNDS && during === 0; round++) {
      expect(await askAll(port, hosts, LONG_PATH)).toEqual(new Set([414]))
      const before = neighbour.answers
      const started = performance.now()
      told = await scrape()
      ms = performance.now() - started
      during = neighbour.answers - before
    }
    neighbour.isOn = false
    await asks
    expect(told.reduce((sum, rows) => sum + rows)).toBe(TENANTS)
    expect(Math.max(...told)).toBe(256)
    expect(told.length).toBe(Math.ceil(TENANTS / 256))
    expect(during).toBeGreaterThan(0)
    // the neighbour's instance, which lives
    expect(await scrape()).toEqual([1])

    const { versions, turns, shards: reports } = await shards.count()
    expect(versions.length).toBe(TENANTS)
    const snapshot: HostSnapshot = {
      versions,
      turns,
      reports,
      shards: shards.state,
      apps: { opening: 0, serving: TENANTS, unavailable: 0 },
      engines: 1,
      certificates: [],
      images: { loads: 0, remakes: 0, made: 0, evictions: 0, bytes: 0 },
      engineCounters: { generates: 0, compiles: 0 },
      deploys: { served: TENANTS, failed: 0 },
      scheduled: new Map(),
      fleet: undefined,
      queues: [],
      uptimeSeconds: 1,
    }
    const pauses = { count: 0, isOn: true }
    const pause = (): void => {
      pauses.count++
      if (pauses.isOn) setImmediate(pause)
    }
    pause()
    const from = performance.now()
    const text = await expose(snapshot)
    const textMs = performance.now() - from
    pauses.isOn = false
    expect(text.match(/^nano_errors_total\{.*code="URL_TOO_LONG"\} \d+$/gm)).toHaveLength(TENANTS)
    expect(pauses.count).toBeGreaterThan(100)
    console.log(
      `${TENANTS} tenants: told in ${ms.toFixed(0)} ms, ${during} answers meanwhile; the shard's event loop was lately at ` +
        `most ${reports.get('shard 0')!.delay.maxMs.toFixed(1)} ms late; ` +
        `${(text.length / 1e6).toFixed(1)} MB of text in ${textMs.toFixed(0)} ms and ${pauses.count} pauses`,
    )
  },
)
