/**
 * What all shards have done, those that died included: a count that was told once never becomes less. Of a shard that
 * died, what it told last is kept; what it did after that is lost. Pure.
 */

import { addReport } from '../tenant/report.ts'
import type { TenantReport } from '../tenant/report.ts'
import { addTurns } from '../tenant/turn-times.ts'
import type { TurnReport } from '../tenant/turn-times.ts'
import type { ShardReport } from './messages.ts'

const NO_TURNS: TurnReport = { counts: [], totalMs: 0, latest: [] }

/** The reports of all threads that ever ran. */
export class Tally {
  #gone: ShardReport = { tenants: [], turns: NO_TURNS }
  readonly #latest = new Map<number, ShardReport>()

  /** A shard told what it has done since its thread began. */
  report(index: number, report: ShardReport): void {
    this.#latest.set(index, report)
  }

  /** The shard's thread is gone; its next report begins at nothing. */
  retire(index: number): void {
    const last = this.#latest.get(index)
    if (last === undefined) return
    this.#latest.delete(index)
    this.#gone = add(this.#gone, last, true)
  }

  get total(): ShardReport {
    let sum = this.#gone
    for (const report of this.#latest.values()) sum = add(sum, report, false)
    return sum
  }
}

function add(sum: ShardReport, report: ShardReport, isGone: boolean): ShardReport {
  const tenants = new Map<string, TenantReport>(sum.tenants.map((tenant) => [tenant.name, tenant]))
  for (const tenant of report.tenants) {
    tenants.set(tenant.name, addReport(tenants.get(tenant.name), tenant, isGone))
  }
  return { tenants: [...tenants.values()], turns: addTurns(sum.turns, report.turns, isGone) }
}
