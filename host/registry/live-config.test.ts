/** Registries that do not answer: their apps are tried again, less and less often. */

import { afterEach, beforeEach, test, vi } from 'vitest'

import { parseConfig } from '../config/parse.ts'
import type { FileApps } from './from-config.ts'
import { LiveConfig } from './live-config.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('apps whose registry does not answer are tried again until it does', async ({ expect }) => {
  const times: number[] = []
  const apps = {
    isWaiting: true,
    stamps: new Map(),
    load: () => Promise.resolve(),
    reload() {
      times.push(Date.now())
      return Promise.resolve({ added: [], changed: [], removed: [], unchanged: [], failed: [] })
    },
  }
  const { file: _file, ...config } = parseConfig('{}', '/srv/nano.json')
  await using live = new LiveConfig({
    config,
    apps: apps as unknown as FileApps,
    apply: () => Promise.resolve({ changed: [], failed: [] }),
    reread: () => Promise.resolve(config),
    log: () => {},
  })
  const started = Date.now()
  await live.load()
  await vi.advanceTimersByTimeAsync(3_600_000)
  const seconds = times.map((time, i) => (time - (times[i - 1] ?? started)) / 1000)
  expect(seconds.slice(0, 7)).toEqual([30, 60, 120, 240, 480, 600, 600])
  apps.isWaiting = false
  const { length } = times
  await vi.advanceTimersByTimeAsync(600_000)
  expect(times.length).toBe(length + 1)
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(times.length).toBe(length + 1)
})
