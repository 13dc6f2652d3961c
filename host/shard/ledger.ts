/**
 * What the apps of one shard have done, told in slices: so many rows (tenant/report.ts) at a time, and only those of
 * versions that something happened to since they were told last. One that nobody asks costs nothing, however many there
 * are.
 *
 *     a version:  opened  >  at rest  --something is counted-->  active  --told, and nothing goes on-->  at rest
 *                            any  --close-->  its last row is told at once, and nothing after it
 */

import { isAtRest, ROW_LENGTH } from '../tenant/report.ts'
import type { Counts } from '../tenant/report.ts'
import type { RowHead, Slice } from '../tenant/shard-report.ts'
import type { TenantCounters } from '../tenant/tenant.ts'

/** An app's version, as it counts. */
export interface Counted {
  readonly name: string
  readonly versionLabel: string
  readonly counts: Counts
  readonly counters: Readonly<TenantCounters>
}

interface Entry {
  readonly row: number
  readonly version: Counted
  /** Its head was told. */
  isKnown: boolean
}

/** Rows of a slice: some hundred kilobytes, filled in less than a millisecond. */
const SLICE_ROWS = 256

export class Ledger {
  readonly #tell: (slice: Slice) => void
  readonly #entries = new Map<Counted, Entry>()
  readonly #active = new Set<Entry>()
  #rows = 0

  /** `tell` hears of a version's last row; the others are asked for. */
  constructor(tell: (slice: Slice) => void) {
    this.#tell = tell
  }

  /** A version begins. */
  open(version: Counted): void {
    const entry = { row: ++this.#rows, version, isKnown: false }
    this.#entries.set(version, entry)
    version.counts.onTouch = () => this.#active.add(entry)
  }

  /** A version is gone. */
  close(version: Counted): void {
    const entry = this.#entries.get(version)
    if (entry === undefined) return
    this.#entries.delete(version)
    version.counts.onTouch = () => {}
    if (this.#active.delete(entry) || entry.isKnown) this.#tell(this.#toSlice([entry], true))
  }

  /** What has changed. Between two slices anything may happen. */
  *slices(): Iterable<Slice> {
    const active = [...this.#active]
    for (let from = 0; from < active.length; from += SLICE_ROWS) {
      const there = active.slice(from, from + SLICE_ROWS).filter((entry) => this.#active.has(entry))
      if (there.length > 0) yield this.#toSlice(there, false)
    }
  }

  #toSlice(entries: readonly Entry[], isLast: boolean): Slice {
    const heads: RowHead[] = []
    const rows = new Int32Array(entries.length)
    const values = new Float64Array(entries.length * ROW_LENGTH)
    for (const [i, entry] of entries.entries()) {
      const { row, version } = entry
      const { name, versionLabel, counts, counters } = version
      if (!entry.isKnown) heads.push({ row, app: name, version: versionLabel })
      entry.isKnown = true
      rows[i] = row
      const filled = counts.fill(counters)
      values.set(filled, i * ROW_LENGTH)
      if (!isAtRest(filled)) continue
      this.#active.delete(entry)
      counts.rest()
    }
    return { heads, rows, values, isLast }
  }
}
