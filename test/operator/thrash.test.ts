/**
 * Ten times as many apps are asked for as may live at once: each is answered by its own, instances come and go, and what they
 * leave behind does not grow.
 */

import { test } from 'vitest'

import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { DistinctApps, toGreeting } from '../harness/distinct.ts'
import { serve } from '../harness/serve.ts'

const APPS = 2000
/** On each of two shards. */
const LIVE = 100
const CLIENTS = 16
const ROUNDS = 2

test(`${APPS} apps on a budget for ${2 * LIVE} are all answered, round after round`, async ({ expect }) => {
  const distinct = new DistinctApps()
  await using server = await serve([], 2, { liveInstances: LIVE })
  for (let i = 0; i < APPS; i++) {
    const config = { name: `app-${i}`, hostname: `app-${i}.test`, path: '', env: {} }
    const limits = { ...DEFAULT_LIMITS, timeoutMs: 60_000 }
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await server.registry.put({ ...config, limits }, { component: distinct.keep(i) })
  }
  const resident: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    // clients that begin at different apps, so that each is asked at one moment
    let next = 0
    const client = async (): Promise<void> => {
      for (let i = next++; i < APPS; i = next++) {
        const app = (i * 7) % APPS
        // oxlint-disable-next-line no-await-in-loop
        const { status, text } = await server.send(`app-${app}.test`, '/')
        if (status !== 200 || text.trim() !== toGreeting(app))
          throw new Error(`app ${app}: ${status} ${text}`)
      }
    }
    // oxlint-disable-next-line no-await-in-loop -- round after round
    await Promise.all(Array.from({ length: CLIENTS }, client))
    // oxlint-disable-next-line no-await-in-loop
    await expect.poll(async () => (await server.counters()).liveInstances).toBe(2 * LIVE)
    const { instances, evicted } = await server.counters()
    // each was made once a round: nothing lives in two places, and none was worth keeping
    expect(instances).toBe(round * APPS)
    expect(evicted).toBe(round * APPS - 2 * LIVE)
    resident.push(process.memoryUsage.rss() / 2 ** 20)
  }
  expect(Math.max(...resident) - resident[0]!).toBeLessThan(300)
}, 600_000)
