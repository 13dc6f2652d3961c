/**
 * What all shards have done, those that died included: a count that was told once never becomes less. Of a shard that
 * died, what it told last is kept; what it did after that is lost. Pure.
 *
 *     a version:  told of  >  live  --no shard has it, nor is it served-->  gone  --a while, or too many-->  past
 *
 * A version that is gone is told of for a while, so that whoever looks now and then sees its last counts; then they go on
 * in those of its app, and when there is no such app any more, in those of all that are gone.
 */

import { addRow, clearGauges, ROW_LENGTH, toReport, updateRow } from '../tenant/report.ts'
import type { TenantReport } from '../tenant/report.ts'
import type { RowHead, ShardReport, Slice, VersionCounts } from '../tenant/shard-report.ts'
import { addTurns } from '../tenant/turn-times.ts'
import type { TurnReport } from '../tenant/turn-times.ts'

/** What is served. */
export interface Served {
  has(app: string): boolean
  hasVersion(app: string, version: string): boolean
}

/** What apps did, with all versions that they had. */
export interface AppTotal {
  /** Apps that there are. */
  readonly tenants: readonly TenantReport[]
  /** Those that are gone. */
  readonly gone: TenantReport
}

/** All that was told. */
export interface Total {
  /** The same app by app, which takes longer. */
  byApp(): AppTotal
  /** Of these apps alone; those that did nothing are not among them. */
  ofApps(names: ReadonlySet<string>): readonly TenantReport[]
  /** Those that are live or went lately. */
  readonly versions: readonly VersionCounts[]
  readonly turns: TurnReport
  /** Of the shards that are there, by name. */
  readonly shards: ReadonlyMap<string, ShardReport>
}

/** The part of one thread. */
export interface ThreadTally {
  /** Rows of it. */
  count(slice: Slice): void
  /** What it told besides. */
  report(report: ShardReport): void
  /** It is gone; nothing that it told is heard any more. */
  retire(): void
}

interface Version extends VersionCounts {
  readonly row: Float64Array
  /** Shards that have a row of it. */
  rows: number
  /** Since when it is gone. */
  goneAt: number | undefined
}

/** A row of a thread. */
interface Told {
  readonly version: Version
  readonly row: Float64Array
}

/** Longer than the usual time between two scrapes. */
const KEPT_MS = 10 * 60_000
/** Versions of an app that are kept that long. */
const MOST_KEPT = 4

const NO_TURNS: TurnReport = { counts: [], totalMs: 0, latest: new Float64Array(0) }

/** There was no thread yet. */
export const NO_TOTAL: Pick<Total, 'versions' | 'turns' | 'shards'> = {
  versions: [],
  turns: NO_TURNS,
  shards: new Map(),
}

/** The reports of all threads that ever ran. */
export class Tally {
  readonly #versions = new Map<string, Version>()
  /** Of versions that are past, by app. */
  readonly #past = new Map<string, Float64Array>()
  readonly #gone = new Float64Array(ROW_LENGTH)
  #goneTurns = NO_TURNS
  /** Of the threads that are there. */
  readonly #reports = new Map<string, ShardReport>()

  /** A thread begins, of the shard of this name; it has one at a time. */
  open(shard: string): ThreadTally {
    let isRetired = false
    const told = new Map<number, Told>()
    const part: ThreadTally = {
      count: (slice) => {
        if (!isRetired) this.#count(told, slice)
      },
      report: (report) => {
        if (!isRetired) this.#reports.set(shard, report)
      },
      retire: () => {
        if (isRetired) return
        isRetired = true
        for (const { version, row } of told.values()) close(version, row)
        const last = this.#reports.get(shard)
        this.#reports.delete(shard)
        if (last !== undefined) this.#goneTurns = addTurns(this.#goneTurns, last.turns, true)
      },
    }
    return part
  }

  /** `now`: milliseconds of a clock that never goes back. */
  total(served: Served, now: number): Total {
    this.#settle(served, now)
    return {
      versions: [...this.#versions.values()],
      byApp: () => this.#byApp(served),
      ofApps: (names) => toReports(this.#sum((app) => names.has(app))),
      turns: [...this.#reports.values()].reduce(
        (sum, { turns }) => addTurns(sum, turns, false),
        this.#goneTurns,
      ),
      shards: this.#reports,
    }
  }

  #byApp(served: Served): AppTotal {
    const apps = this.#sum(() => true)
    const gone = this.#gone.slice()
    for (const [app, row] of apps) {
      if (served.has(app)) continue
      addRow(gone, row)
      apps.delete(app)
    }
    clearGauges(gone)
    return { tenants: toReports(apps), gone: toReport('', gone) }
  }

  /** The rows of each app that is wanted, together. */
  #sum(isWanted: (app: string) => boolean): Map<string, Float64Array> {
    const apps = new Map<string, Float64Array>()
    for (const [app, row] of this.#past) if (isWanted(app)) add(apps, app, row)
    for (const { app, row } of this.#versions.values()) if (isWanted(app)) add(apps, app, row)
    return apps
  }

  #count(told: Map<number, Told>, { heads, rows, values, isLast }: Slice): void {
    for (const head of heads)
      told.set(head.row, { version: this.#open(head), row: new Float64Array(ROW_LENGTH) })
    for (const [i, number] of rows.entries()) {
      const { version, row } = told.get(number)!
      const next = values.subarray(i * ROW_LENGTH, (i + 1) * ROW_LENGTH)
      updateRow(version.row, row, next)
      if (!isLast) continue
      told.delete(number)
      close(version, row)
    }
  }

  #open({ app, version }: RowHead): Version {
    const key = JSON.stringify([app, version])
    const found = this.#versions.get(key) ?? {
      app,
      version,
      row: new Float64Array(ROW_LENGTH),
      rows: 0,
      goneAt: undefined,
    }
    found.rows++
    this.#versions.set(key, found)
    return found
  }

  /** What is gone for long enough is past; apps that are gone have no past of their own. */
  #settle(served: Served, now: number): void {
    const gone: [key: string, version: Version][] = []
    for (const [key, version] of this.#versions) {
      const isGone = version.rows === 0 && !served.hasVersion(version.app, version.version)
      version.goneAt = isGone ? (version.goneAt ?? now) : undefined
      if (isGone) gone.push([key, version])
    }
    const kept = new Map<string, number>()
    for (const [key, { app, row, goneAt = now }] of gone.toReversed()) {
      const before = kept.get(app) ?? 0
      kept.set(app, before + 1)
      if (before < MOST_KEPT && now - goneAt < KEPT_MS) continue
      this.#versions.delete(key)
      add(this.#past, app, row)
    }
    for (const [app, row] of this.#past) {
      if (served.has(app)) continue
      this.#past.delete(app)
      addRow(this.#gone, row)
    }
  }
}

/** No more comes from this shard; what it had is no more. */
function close(version: Version, row: Float64Array): void {
  const last = row.slice()
  clearGauges(last)
  updateRow(version.row, row, last)
  version.rows--
}

function add(rows: Map<string, Float64Array>, key: string, row: Float64Array): void {
  const sum = rows.get(key)
  if (sum === undefined) rows.set(key, row.slice())
  else addRow(sum, row)
}

function toReports(apps: ReadonlyMap<string, Float64Array>): TenantReport[] {
  return Array.from(apps, ([app, row]) => toReport(app, row))
}
