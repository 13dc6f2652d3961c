/** What is counted over threads that come and go, and how long to wait for one that keeps dying. */

import { describe, it } from 'vitest'

import type { ErrorCode } from '../errors.ts'
import { ROW_LENGTH, TENANT_COUNTS, toColumn, toReport } from '../tenant/report.ts'
import type { ShardReport, Slice } from '../tenant/shard-report.ts'
import type { TenantCounters } from '../tenant/tenant.ts'
import { TurnTimes } from '../tenant/turn-times.ts'
import { Backoff } from './backoff.ts'
import { Tally } from './tally.ts'
import type { Served } from './tally.ts'

const GAUGES = ['liveInstances', 'openRequests', 'queuedRequests', 'memoryBytes', 'heldBytes']

/** A row in which each single number is `each`. */
function toRow(each: number, failures: [ErrorCode, number][] = []): Float64Array {
  const row = new Float64Array(ROW_LENGTH)
  for (const key of Object.keys(TENANT_COUNTS)) row[toColumn.count(key as keyof TenantCounters)] = each
  for (const [code, count] of failures) row[toColumn.failures(code)] = count
  return row
}

/** What a thread tells of versions `a 1`: the number of the row is that of the version in the order of `known`. */
function toSlice(known: string[], told: Record<string, Float64Array>, isLast = false): Slice {
  const heads = Object.keys(told)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const [app, version] = key.split(' ') as [string, string]
      return { row: known.push(key), app, version }
    })
  const values = new Float64Array(ROW_LENGTH * Object.keys(told).length)
  Object.values(told).forEach((row, i) => values.set(row, i * ROW_LENGTH))
  const rows = Int32Array.from(Object.keys(told), (key) => known.indexOf(key) + 1)
  return { heads, rows, values, isLast }
}

/** A thread that tells so. */
function open(tally: Tally, shard = 'shard 0') {
  const thread = tally.open(shard)
  const known: string[] = []
  return {
    thread,
    tell: (told: Record<string, Float64Array>, isLast = false) => thread.count(toSlice(known, told, isLast)),
  }
}

const toServed = (...keys: string[]): Served => ({
  has: (app) => keys.some((key) => key.startsWith(`${app} `)),
  hasVersion: (app, version) => keys.includes(`${app} ${version}`),
})

function toTurns(...times: number[]): ShardReport {
  const turns = new TurnTimes()
  for (const ms of times) turns.record(ms)
  const answers = { minMs: 1, maxMs: 2, unrouted: 0 }
  return { turns: turns.report, answers, delay: { p50Ms: 0, p99Ms: 0, maxMs: 0 } }
}

const MINUTE = 60_000

describe('a tally', () => {
  it('adds shards up, version by version and app by app', ({ expect }) => {
    const tally = new Tally()
    open(tally).tell({ 'a 1': toRow(1, [['APP_THREW', 2]]), 'a 2': toRow(1), 'b 1': toRow(1) })
    open(tally, 'shard 1').tell({ 'a 1': toRow(10, [['APP_THREW', 3]]) })
    const total = tally.total(toServed('a 2', 'b 1'), 0)
    const { tenants } = total.byApp()
    expect(tenants).toEqual([toReport('a', toRow(12, [['APP_THREW', 5]])), toReport('b', toRow(1))])
    expect(total.ofApps(new Set(['a', 'nobody']))).toEqual([tenants[0]])
    expect(total.versions.map(({ app, version, row }) => [app, version, row[0]])).toEqual([
      ['a', '1', 11],
      ['a', '2', 1],
      ['b', '1', 1],
    ])
  })

  it('counts what has changed, and what has not as it was', ({ expect }) => {
    const tally = new Tally()
    const { tell } = open(tally)
    tell({ 'a 1': toRow(1), 'b 1': toRow(5) })
    tell({ 'a 1': toRow(3) })
    tell({})
    const { tenants } = tally.total(toServed('a 1', 'b 1'), 0).byApp()
    expect(tenants).toEqual([toReport('a', toRow(3)), toReport('b', toRow(5))])
  })

  it('never counts less when a shard dies, and forgets what it had', ({ expect }) => {
    const tally = new Tally()
    const served = toServed('a 1')
    const first = open(tally)
    first.tell({ 'a 1': toRow(5, [['APP_THREW', 2]]) })
    first.tell({ 'a 1': toRow(7, [['APP_THREW', 3]]) })
    first.thread.retire()
    first.thread.retire()
    const [gone] = tally.total(served, 0).byApp().tenants
    expect([gone!.counters.requests, gone!.failures]).toEqual([7, [['APP_THREW', 3]]])
    expect(GAUGES.map((key) => gone!.counters[key as keyof TenantCounters])).toEqual([0, 0, 0, 0, 0])
    open(tally).tell({ 'a 1': toRow(1, [['APP_HUNG', 1]]) })
    // late words of a thread that is gone are nobody's
    first.tell({ 'a 1': toRow(100, [['APP_THREW', 100]]) })
    first.thread.retire()
    const [again] = tally.total(served, 0).byApp().tenants
    expect([again!.counters.requests, again!.counters.openRequests]).toEqual([8, 1])
    expect(again!.failures).toEqual([
      ['APP_THREW', 3],
      ['APP_HUNG', 1],
    ])
  })

  it('keeps turns of threads that are gone, and the latest ones of those that are there', ({ expect }) => {
    const tally = new Tally()
    const [first, second] = [tally.open('shard 0'), tally.open('shard 1')]
    first.report(toTurns(1))
    first.report(toTurns(1, 2))
    second.report(toTurns(3, 2000))
    first.retire()
    first.report(toTurns(50))
    const { turns, shards } = tally.total(toServed(), 0)
    expect([turns.totalMs, [...turns.latest]]).toEqual([2006, [3, 2000]])
    expect([turns.counts.reduce((sum, count) => sum + count), turns.counts.at(-1)]).toEqual([4, 1])
    expect([...shards.keys()]).toEqual(['shard 1'])
  })

  it('tells of a version that is gone for a while, and then of its app alone', ({ expect }) => {
    const tally = new Tally()
    const { tell } = open(tally)
    const served = toServed('a 2')
    tell({ 'a 1': toRow(1), 'a 2': toRow(1) })
    tell({ 'a 1': toRow(2) }, true)
    const told = (now: number): unknown => {
      const total = tally.total(served, now)
      const { tenants } = total.byApp()
      return [total.versions.map(({ version }) => version).join(' '), tenants[0]!.counters.requests]
    }
    expect(told(0)).toEqual(['1 2', 3])
    expect(told(9 * MINUTE)).toEqual(['1 2', 3])
    expect(told(10 * MINUTE)).toEqual(['2', 3])
    // of those that go one after the other a few
    for (let i = 3; i < 30; i++) {
      tell({ [`a ${i}`]: toRow(1) })
      tell({ [`a ${i}`]: toRow(1) }, true)
    }
    expect(told(10 * MINUTE)).toEqual(['2 26 27 28 29', 30])
  })

  it('keeps one that is served however long no shard has a row of it', ({ expect }) => {
    const tally = new Tally()
    const { tell, thread } = open(tally)
    tell({ 'a 1': toRow(1) })
    thread.retire()
    for (const now of [0, 60 * MINUTE]) expect(tally.total(toServed('a 1'), now).versions).toHaveLength(1)
  })

  it('keeps the sum of apps that are gone, and counts none of them twice', ({ expect }) => {
    const tally = new Tally()
    const [first, second] = [open(tally), open(tally, 'shard 1')]
    first.tell({ 'a 1': toRow(1), 'b 1': toRow(2) })
    second.tell({ 'b 1': toRow(3) })
    const served = toServed('a 1')
    const requests = (now = 0): unknown[] => {
      const { tenants, gone } = tally.total(served, now).byApp()
      expect(gone.counters.openRequests).toBe(0)
      return [tenants.map(({ name, counters }) => [name, counters.requests]), gone.counters.requests]
    }
    expect(requests()).toEqual([[['a', 1]], 5])
    // the first has seen it go
    first.tell({ 'b 1': toRow(2) }, true)
    expect(requests()).toEqual([[['a', 1]], 5])
    // the second died before
    second.thread.retire()
    expect(requests()).toEqual([[['a', 1]], 5])
    expect(requests(60 * MINUTE)).toEqual([[['a', 1]], 5])
  })
})

it('a pause doubles while something keeps dying, and begins anew after a good life', ({ expect }) => {
  const backoff = new Backoff()
  const pauses = [0, 100, 59_999, 0, 0, 0, 0].map((lived) => backoff.after(lived))
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  expect([60_000, 1].map((lived) => backoff.after(lived))).toEqual([500, 1000])
})
