/**
 * What all shards have done, those that died included: a count that was told once never becomes less. Of a shard that
 * died, what it told last is kept; what it did after that is lost. Of apps that are gone the sum is kept. Pure.
 */

import { addReport, NO_REPORT } from '../tenant/report.ts'
import type { TenantReport } from '../tenant/report.ts'
import { addTurns } from '../tenant/turn-times.ts'
import type { TurnReport } from '../tenant/turn-times.ts'
import type { ShardReport } from './messages.ts'

const NO_TURNS: TurnReport = { counts: [], totalMs: 0, latest: [] }

/** The part of one thread. */
export interface ThreadTally {
  /** It told what it has done since it began. */
  report(report: ShardReport): void
  /** It is gone; nothing that it told is heard any more. */
  retire(): void
}

/** The reports of all threads that ever ran. */
export class Tally {
  #gone: ShardReport = { tenants: [], gone: NO_REPORT, turns: NO_TURNS }
  /** Of the threads that are there. */
  readonly #latest = new Map<ThreadTally, ShardReport>()

  /** A thread begins. */
  open(): ThreadTally {
    let isRetired = false
    const part: ThreadTally = {
      report: (report) => {
        if (!isRetired) this.#latest.set(part, report)
      },
      retire: () => {
        isRetired = true
        const last = this.#latest.get(part)
        if (last === undefined) return
        this.#latest.delete(part)
        this.#gone = add(this.#gone, last, true)
      },
    }
    return part
  }

  /** `has`: whether there is an app of this name. What those did that are gone is told of all of them together. */
  total(has: (app: string) => boolean): ShardReport {
    this.#gone = withoutAbsent(this.#gone, has)
    let sum = this.#gone
    for (const report of this.#latest.values()) sum = add(sum, report, false)
    return withoutAbsent(sum, has)
  }
}

function add(sum: ShardReport, report: ShardReport, isGone: boolean): ShardReport {
  const tenants = new Map<string, TenantReport>(sum.tenants.map((tenant) => [tenant.name, tenant]))
  for (const tenant of report.tenants) {
    tenants.set(tenant.name, addReport(tenants.get(tenant.name), tenant, isGone))
  }
  return {
    tenants: [...tenants.values()],
    gone: addReport(sum.gone, report.gone, true),
    turns: addTurns(sum.turns, report.turns, isGone),
  }
}

function withoutAbsent(report: ShardReport, has: (app: string) => boolean): ShardReport {
  const absent = report.tenants.filter(({ name }) => !has(name))
  if (absent.length === 0) return report
  const gone = absent.reduce((sum, tenant) => addReport(sum, tenant, true), report.gone)
  const tenants = report.tenants.filter(({ name }) => has(name))
  return { ...report, tenants, gone: { ...gone, name: NO_REPORT.name } }
}
