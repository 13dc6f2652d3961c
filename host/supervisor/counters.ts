/** All that a server counts as one object, for tests and the bench. Pure. */

import type { EngineCounters } from '../engine/engine.ts'
import type { TenantCounters } from '../tenant/tenant.ts'
import type { Total } from './tally.ts'

/** What the server has done since its start, all shards together. */
export interface ServerCounters extends TenantCounters {
  /** Engines that were generated, and compiled: never more than there are different ones. */
  generates: number
  compiles: number
  /** Of the latest turns, guest and crossings, in microseconds. */
  turnP50Us: number
  turnP99Us: number
}

export function toCounters(all: Total, engines: Readonly<EngineCounters>): ServerCounters {
  const total: Record<string, number> = { ...engines }
  const { tenants, gone } = all.byApp()
  for (const { counters } of [...tenants, gone]) {
    for (const [name, value] of Object.entries(counters)) total[name] = (total[name] ?? 0) + value
  }
  const latest = all.turns.latest.toSorted((a, b) => a - b)
  const at = (share: number): number => (latest[Math.floor(latest.length * share)] ?? 0) * 1000
  return { ...total, turnP50Us: at(0.5), turnP99Us: at(0.99) } as unknown as ServerCounters
}
