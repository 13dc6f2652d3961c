import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { ScheduledRun } from '../http/request-head.ts'
import type { RunOutcome } from './outcome.ts'
import { Schedule } from './schedule.ts'

const START = Date.UTC(2026, 10, 26, 8, 0, 30)
const MINUTE = 60_000
const OK: RunOutcome = { code: undefined, noRetry: false, ms: 5, cpuMs: 1, marks: [] }
const every = (crons: readonly string[], overlap = false) => ({ crons, timeZone: 'UTC', overlap })

let directory: string
const runs: (ScheduledRun & { app: string; end(outcome: RunOutcome): void })[] = []
const log: string[] = []

beforeEach(() => {
  vi.useFakeTimers({ now: START })
  directory = mkdtempSync(join(tmpdir(), 'nano-cron-'))
  runs.length = 0
  log.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(directory, { recursive: true })
})

function open({
  isServed = () => true,
  keeps = false,
}: { isServed?: () => boolean; keeps?: boolean } = {}): Schedule {
  const schedule = new Schedule({
    directory: keeps ? directory : undefined,
    log: ({ app, text }) => log.push(`${app}: ${text}`),
    run(app, run) {
      if (!isServed()) return undefined
      const { promise, resolve } = Promise.withResolvers<RunOutcome>()
      runs.push({ ...run, app, end: resolve })
      return promise
    },
  })
  schedule.start()
  return schedule
}

test('a run is begun when its time has come, and counted when it is over', async () => {
  using schedule = open()
  schedule.set('shop', every(['*/2 * * * *', '* * * * *']))
  await vi.advanceTimersByTimeAsync(MINUTE)
  expect(runs.map(({ app, cron, scheduledTime }) => [app, cron, scheduledTime - START])).toEqual([
    ['shop', '* * * * *', 30_000],
  ])
  runs[0]!.end({ ...OK, code: 'APP_THREW' })
  await vi.advanceTimersByTimeAsync(MINUTE)
  expect(runs.length).toBe(3)
  runs[1]!.end(OK)
  await vi.advanceTimersByTimeAsync(1)
  expect(schedule.counts.get('shop')).toEqual({ ok: 1, failed: 1, missed: 0, ms: 10 })
})

test('a run that is not done keeps the next one away, unless the app says otherwise', async () => {
  using schedule = open()
  schedule.set('alone', every(['* * * * *']))
  schedule.set('many', every(['* * * * *'], true))
  await vi.advanceTimersByTimeAsync(3 * MINUTE)
  expect(runs.map(({ app }) => app)).toEqual(['alone', 'many', 'many', 'many'])
  expect(schedule.counts.get('alone')!.missed).toBe(2)
  expect(log).toEqual(Array(2).fill('alone: missed 1 run of "* * * * *": the run before is not done'))
})

test('an app that is not served misses its runs, one that has gone has none', async () => {
  let isServed = false
  using schedule = open({ isServed: () => isServed })
  schedule.set('shop', every(['* * * * *']))
  await vi.advanceTimersByTimeAsync(MINUTE)
  expect(log).toEqual(['shop: missed 1 run of "* * * * *": nothing serves the app'])
  isServed = true
  schedule.remove('shop')
  await vi.advanceTimersByTimeAsync(3 * MINUTE)
  expect([runs.length, schedule.counts.size]).toEqual([0, 0])
})

test('the same expressions again change nothing, other ones take their place', async () => {
  using schedule = open()
  schedule.set('shop', every(['* * * * *']))
  await vi.advanceTimersByTimeAsync(MINUTE)
  schedule.set('shop', every(['* * * * *', '* * * * *']))
  await vi.advanceTimersByTimeAsync(MINUTE)
  // the first one is still running
  expect(schedule.counts.get('shop')!.missed).toBe(1)
  schedule.set('shop', every(['0 0 1 1 *']))
  await vi.advanceTimersByTimeAsync(3 * MINUTE)
  expect(runs.length).toBe(1)
})

test('many that are due at once are begun at a pace', async () => {
  using schedule = open()
  for (let i = 0; i < 100; i++) schedule.set(`app-${i}`, every(['* * * * *']))
  await vi.advanceTimersByTimeAsync(30_000)
  expect(runs.length).toBe(20)
  await vi.advanceTimersByTimeAsync(500)
  expect(new Set(runs.map(({ app }) => app)).size).toBe(100)
})

test('a clock that was set brings the last time alone, or none that is long past', async () => {
  using schedule = open()
  schedule.set('shop', every(['* * * * *', '0 * * * *']))
  vi.setSystemTime(START + 4 * 60 * MINUTE + 20 * MINUTE)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(runs.map(({ cron }) => cron)).toEqual(['* * * * *'])
  expect(log).toEqual([
    'shop: missed 260 runs of "* * * * *": the server stood still, or its clock was set',
    'shop: missed 4 runs of "0 * * * *": the server stood still, or its clock was set',
  ])
})

test('a server that starts again says what it missed', async () => {
  {
    using schedule = open({ keeps: true })
    schedule.set('shop', every(['*/5 * * * *']))
    schedule.set('gone', every(['* * * * *']))
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    schedule.remove('gone')
  }
  log.length = 0
  vi.setSystemTime(START + 21 * MINUTE)
  using schedule = open({ keeps: true })
  schedule.set('shop', every(['*/5 * * * *', '* * * * *']))
  schedule.set('gone', every(['* * * * *']))
  expect(log).toEqual([
    'shop: missed 3 runs of "*/5 * * * *": the server was not running after 2026-11-26T08:05:00.000Z',
  ])
  expect(schedule.counts.get('shop')!.missed).toBe(3)
})

test('where nothing can be kept the clock goes on, and it is said once', async () => {
  rmSync(directory, { recursive: true })
  const { writeFileSync } = await import('node:fs')
  writeFileSync(directory, '')
  using schedule = open({ keeps: true })
  schedule.set('shop', every(['* * * * *']))
  await vi.advanceTimersByTimeAsync(MINUTE)
  expect([runs.length, log.length]).toEqual([1, 1])
  expect(log[0]).toContain('what was run is not kept')
})
