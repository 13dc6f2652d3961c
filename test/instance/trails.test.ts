/**
 * A request that is over leaves nothing in V8's old generation, where it would stay until the next full collection: with
 * thousands of requests a second that is a tenth of a shard's time and pauses of ten milliseconds
 * (docs/decisions/trails.md).
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getHeapSpaceStatistics } from 'node:v8'
import { test } from 'vitest'
import { LoneGuest } from '../../bench/lone-guest.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { buildEngine } from '../../host/engine/build-engine.ts'
import { openEngine } from '../../host/engine/engine.ts'
import { loadEngine } from '../../host/engine/load.ts'
import { splitImage } from '../../host/image/image.ts'
import { collectGarbage } from '../../host/limits/collect.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { Ticker } from '../../host/limits/ticker.ts'
import { builtExample } from '../harness/serve.ts'

const REQUESTS = 20_000
/** Of a request; its objects are some kilobytes. */
const MOST_BYTES = 50

const used = (): number => {
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => name === 'old_space')
  return spaces.reduce((sum, space) => sum + space.space_used_size, 0)
}

test(
  'requests that are over are gone with the next young collection',
  { timeout: 120_000 },
  async ({ expect }) => {
    const cache = await mkdtemp(join(tmpdir(), 'nano-trails-'))
    const component = await readFile(builtExample('hello'))
    const engine = loadEngine(openEngine(await buildEngine(component, cache)))
    const { segments, memoryMinPages } = splitComponent(component)
    const limits = { ...DEFAULT_LIMITS, recycleRequests: 10 * REQUESTS, cpuMs: 10_000 }
    using ticker = new Ticker(1, (cause) => {
      throw cause
    })
    await ticker.ready
    const parts = { image: splitImage(segments, memoryMinPages), env: {}, limits, engine }
    using guest = new LoneGuest(parts, new Epoch(ticker.epochs[0]))
    for (let round = 0; round < 2000; round++) await guest.ask('/')
    collectGarbage()
    const before = used()
    let most = 0
    for (let asked = 0; asked < REQUESTS; asked += 8) {
      await Promise.all(Array.from({ length: 8 }, () => guest.ask('/')))
      most = Math.max(most, used() - before)
    }
    await rm(cache, { recursive: true })
    expect(most / REQUESTS).toBeLessThan(MOST_BYTES)
  },
)
