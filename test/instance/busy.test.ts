/** A busy app stays near its live data: each turn leaves the engine a little garbage, which it collects in time. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { test } from 'vitest'

import { LoneGuest } from '../../bench/lone-guest.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { DEFAULT_LIMITS } from '../../host/config/limits.ts'
import { buildEngine } from '../../host/engine/build-engine.ts'
import { openEngine } from '../../host/engine/engine.ts'
import { loadEngine } from '../../host/engine/load.ts'
import { splitImage } from '../../host/image/image.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { builtExample } from '../harness/serve.ts'

const MIB = 1024 * 1024
const ROUND = 20_000

test('the memory of a busy app levels off', { timeout: 120_000 }, async ({ expect, onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'nano-busy-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const component = await readFile(builtExample('hello'))
  const engine = loadEngine(openEngine(await buildEngine(component, directory)))
  const { segments, memoryMinPages } = splitComponent(component)
  const limits = { ...DEFAULT_LIMITS, recycleRequests: Number.MAX_SAFE_INTEGER }
  const parts = { engine, image: splitImage(segments, memoryMinPages), env: {}, limits }
  using guest = new LoneGuest(parts, new Epoch())
  const sizes: number[] = []
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < ROUND; i++) await guest.ask('/')
    sizes.push(guest.memoryBytes / MIB)
  }
  expect(sizes[2]).toBe(sizes[1])
  expect(sizes[2]).toBeLessThan(20)
})
