/** What a shard of ten thousand versions tells of them. */

import { describe, it } from 'vitest'

import { Counts, NO_COUNTERS, ROW_LENGTH, toColumn } from '../tenant/report.ts'
import type { Slice } from '../tenant/shard-report.ts'
import type { TenantCounters } from '../tenant/tenant.ts'
import { Ledger } from './ledger.ts'

class Version {
  readonly name: string
  readonly versionLabel = '1'
  readonly counts = new Counts()
  counters: TenantCounters = { ...NO_COUNTERS }

  constructor(name: string) {
    this.name = name
  }
}

function open(count: number) {
  const last: Slice[] = []
  const ledger = new Ledger((slice) => void last.push(slice))
  const versions = Array.from({ length: count }, (_, i) => new Version(`app-${i}`))
  for (const version of versions) ledger.open(version)
  const ask = (): Slice[] => [...ledger.slices()]
  const rows = (): number => ask().reduce((sum, slice) => sum + slice.rows.length, 0)
  return { ledger, versions, last, ask, rows }
}

describe('a ledger', () => {
  it('tells nothing of versions that nothing happened to', ({ expect }) => {
    const { ask, versions, last, ledger } = open(10_000)
    expect(ask()).toEqual([])
    ledger.close(versions[0]!)
    expect(last).toEqual([])
  })

  it('tells each change once, and the name the first time', ({ expect }) => {
    const { ask, versions } = open(3)
    versions[1]!.counts.answered(200, 3)
    const [slice, ...more] = ask()
    expect(more).toEqual([])
    expect(slice).toMatchObject({ heads: [{ row: 2, app: 'app-1', version: '1' }], rows: Int32Array.of(2) })
    expect(slice!.values[toColumn.answers('2xx')]).toBe(1)
    expect(ask()).toEqual([])
    versions[1]!.counts.answered(200, 3)
    const [again] = ask()
    expect([again!.heads, again!.values[toColumn.answers('2xx')]]).toEqual([[], 2])
    expect(ask()).toEqual([])
  })

  it('tells of one as long as something goes on there', ({ expect }) => {
    const { rows, versions } = open(2)
    versions[0]!.counts.touch()
    versions[0]!.counters = { ...NO_COUNTERS, liveInstances: 1 }
    expect([rows(), rows()]).toEqual([1, 1])
    versions[0]!.counters = { ...NO_COUNTERS, requests: 1 }
    expect([rows(), rows()]).toEqual([1, 0])
  })

  it('tells of many in slices of at most 256 rows, as compact arrays', ({ expect }) => {
    const { ask, versions } = open(10_000)
    for (const { counts } of versions) counts.answered(200, 1)
    const slices = ask()
    expect(slices.length).toBe(Math.ceil(10_000 / 256))
    for (const { rows, values } of slices) {
      expect(rows.length).toBeLessThanOrEqual(256)
      expect(values.length).toBe(rows.length * ROW_LENGTH)
    }
    expect(slices.flatMap(({ heads }) => heads).length).toBe(10_000)
    expect(ask()).toEqual([])
  })

  it('tells the last row of a version that goes, between two slices as well', ({ expect }) => {
    const { ledger, versions, last } = open(600)
    for (const { counts } of versions) counts.answered(500, 1)
    const told: number[] = []
    for (const { rows } of ledger.slices()) {
      told.push(...rows)
      if (told.length <= 256) ledger.close(versions[599]!)
    }
    expect(told.length).toBe(599)
    expect(last.map(({ rows, isLast }) => [...rows, isLast])).toEqual([[600, true]])
    ledger.close(versions[0]!)
    expect(last.at(-1)!.values[toColumn.answers('5xx')]).toBe(1)
    versions[0]!.counts.answered(200, 1)
    expect([...ledger.slices()]).toEqual([])
  })
})
