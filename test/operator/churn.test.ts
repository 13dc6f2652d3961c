/** Apps that come, change and go 900 times while others are asked all the time. */

import { readdirSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'

import { test } from 'vitest'

import { readOwnMemory } from '../../host/limits/process-memory.ts'
import { Opener } from '../../host/deploy/opener.ts'
import { fixture, serve, sleep } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'
import { putOpened, toVersion as app } from '../harness/versions.ts'

const NEIGHBOURS = 20
const MB = 1024 * 1024

test(
  '900 times: comes, changes, goes; 20 others fail no request, and nothing is left of it',
  { timeout: 120_000 },
  async ({ expect }) => {
    const neighbours = Array.from({ length: NEIGHBOURS }, (_, i) => app(`n${i}`, `n${i}`))
    using threads = watchThreads()
    await using server = await serve(neighbours, 2)
    const shards = [threads.find('shard 0'), threads.find('shard 1')]
    const load = watch(server)
    using opener = new Opener()
    const component = await opener.component(fixture('version'), {}, () => {})
    const cycle = async (i: number): Promise<void> => {
      const name = `app-${i % 7}`
      const versions = [`${i}a`, `${i}b`]
      for (const version of versions) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        await putOpened(server, component, name, version)
        // oxlint-disable-next-line no-await-in-loop
        const { text } = await server.send(`${name}.test`, '/')
        if (!text.startsWith(`${version} `)) throw new Error(`expected version ${version}, got ${text}`)
      }
      await server.registry.remove(name)
      const { status } = await server.send(`${name}.test`, '/')
      if (status !== 404) throw new Error(`expected no app ${name}, got ${status}`)
    }
    const run = async (from: number, to: number): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop
      for (let i = from; i < to; i++) await cycle(i)
    }
    // until then heaps grow to what they have, and spares are kept
    await run(0, 500)
    const before = await toUse(shards)
    await run(500, 900)
    await sleep(500)
    const after = await toUse(shards)
    const { failures, answers } = await load.stop()
    expect(failures).toEqual([])
    expect(answers).toBeGreaterThan(1000)
    expect(after.handles - before.handles).toBeLessThan(10)
    expect(after.threads).toBeLessThanOrEqual(before.threads)
    expect(after.heapMb - before.heapMb).toBeLessThan(40)
    expect(after.residentMb - before.residentMb).toBeLessThan(150)
    expect(server.registry.apps).toHaveLength(NEIGHBOURS)
    const { liveInstances } = await server.counters()
    expect(liveInstances).toBeLessThanOrEqual(NEIGHBOURS * 2)
  },
)

/** What the process has at the moment; of the shards' heaps what is left after a collection, with which a snapshot begins. */
async function toUse(shards: readonly Worker[]) {
  for (const shard of shards) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for await (const _ of await shard.getHeapSnapshot());
  }
  const heaps = await Promise.all(shards.map((shard) => shard.getHeapStatistics()))
  const heapMb = heaps.reduce((sum, heap) => sum + heap.used_heap_size, 0) / MB
  return {
    handles: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    residentMb: readOwnMemory() / MB,
    heapMb,
  }
}

/** Four clients that ask the neighbours by turns. */
function watch(server: Served) {
  const state = { isOn: true }
  let answers = 0
  const failures: string[] = []
  const client = async (offset: number): Promise<void> => {
    for (let i = offset; state.isOn; i++) {
      const name = `n${i % NEIGHBOURS}`
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const { status, text } = await server.send(`${name}.test`, '/')
      answers++
      if (status !== 200 || !text.startsWith(`${name} `)) failures.push(`${name}: ${status} ${text}`)
    }
  }
  const over = Promise.all([0, 5, 10, 15].map(client))
  return {
    async stop() {
      state.isOn = false
      await over
      return { answers, failures }
    },
  }
}
