/** What is counted over threads that come and go, and how long to wait for one that keeps dying. */

import { describe, it } from 'vitest'

import type { ErrorCode } from '../errors.ts'
import { NO_REPORT, TENANT_COUNTS } from '../tenant/report.ts'
import type { TenantReport } from '../tenant/report.ts'
import type { TenantCounters } from '../tenant/tenant.ts'
import { TurnTimes } from '../tenant/turn-times.ts'
import { Backoff } from './backoff.ts'
import { Tally } from './tally.ts'

function toTenant(name: string, each: number, failures: [ErrorCode, number][] = []): TenantReport {
  const counters = Object.fromEntries(Object.keys(TENANT_COUNTS).map((key) => [key, each]))
  return { name, counters: counters as unknown as TenantCounters, failures }
}

function toTurns(...times: number[]) {
  const turns = new TurnTimes()
  for (const ms of times) turns.record(ms)
  return turns.report
}

const ANY = (): boolean => true

describe('a tally', () => {
  it('adds shards up, tenant by tenant', ({ expect }) => {
    const tally = new Tally()
    tally.open().report({
      tenants: [toTenant('a', 1, [['APP_THREW', 2]]), toTenant('b', 1)],
      gone: NO_REPORT,
      turns: toTurns(1),
    })
    tally
      .open()
      .report({ tenants: [toTenant('a', 10, [['APP_THREW', 3]])], gone: NO_REPORT, turns: toTurns(3, 2000) })
    const { tenants, turns } = tally.total(ANY)
    expect(tenants).toEqual([toTenant('a', 11, [['APP_THREW', 5]]), toTenant('b', 1)])
    expect([turns.totalMs, turns.latest.length]).toEqual([2004, 3])
    expect(turns.counts.reduce((sum, count) => sum + count)).toBe(3)
    expect(turns.counts.at(-1)).toBe(1)
  })

  it('never counts less when a shard dies, and forgets what it had', ({ expect }) => {
    const tally = new Tally()
    const thread = tally.open()
    thread.report({ tenants: [toTenant('a', 5, [['APP_THREW', 2]])], gone: NO_REPORT, turns: toTurns(1) })
    thread.report({ tenants: [toTenant('a', 7, [['APP_THREW', 3]])], gone: NO_REPORT, turns: toTurns(1, 2) })
    thread.retire()
    thread.retire()
    const gone = tally.total(ANY).tenants[0]!
    expect([gone.counters.requests, gone.counters.openRequests, gone.failures]).toEqual([
      7,
      0,
      [['APP_THREW', 3]],
    ])
    tally
      .open()
      .report({ tenants: [toTenant('a', 1, [['APP_HUNG', 1]])], gone: NO_REPORT, turns: toTurns(5) })
    // late words of a thread that is gone are nobody's
    thread.report({
      tenants: [toTenant('a', 100, [['APP_THREW', 100]])],
      gone: NO_REPORT,
      turns: toTurns(50),
    })
    thread.retire()
    const { tenants, turns } = tally.total(ANY)
    expect([tenants[0]!.counters.requests, tenants[0]!.counters.openRequests]).toEqual([8, 1])
    expect(tenants[0]!.failures).toEqual([
      ['APP_THREW', 3],
      ['APP_HUNG', 1],
    ])
    expect([turns.totalMs, turns.latest]).toEqual([8, [5]])
  })

  it('keeps the sum of apps that are gone, whoever tells of them, and counts none of them twice', ({
    expect,
  }) => {
    const tally = new Tally()
    const [first, second] = [tally.open(), tally.open()]
    first.report({ tenants: [toTenant('a', 1), toTenant('b', 2)], gone: NO_REPORT, turns: toTurns() })
    second.report({ tenants: [toTenant('b', 3)], gone: NO_REPORT, turns: toTurns() })
    const isA = (name: string): boolean => name === 'a'
    const requests = (): unknown[] => {
      const { tenants, gone } = tally.total(isA)
      return [tenants.map(({ name, counters }) => [name, counters.requests]), gone.counters.requests]
    }
    expect(requests()).toEqual([[['a', 1]], 5])
    // the first has seen it go
    first.report({ tenants: [toTenant('a', 1)], gone: toTenant('', 2), turns: toTurns() })
    expect(requests()).toEqual([[['a', 1]], 5])
    // the second died before
    second.retire()
    expect(requests()).toEqual([[['a', 1]], 5])
    expect(tally.total(isA).gone.counters.openRequests).toBe(0)
  })
})

it('a pause doubles while something keeps dying, and begins anew after a good life', ({ expect }) => {
  const backoff = new Backoff()
  const pauses = [0, 100, 59_999, 0, 0, 0, 0].map((lived) => backoff.after(lived))
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  expect([60_000, 1].map((lived) => backoff.after(lived))).toEqual([500, 1000])
})
