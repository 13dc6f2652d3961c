/**
 * What the apps of one shard have done, versions that are gone included: a count that was told once never becomes less.
 * Of an app that is gone itself the counts go on in those of all that are gone. Pure.
 */

import { addReport, NO_REPORT } from '../tenant/report.ts'
import type { TenantReport } from '../tenant/report.ts'

/** An app's version, as it counts. */
type Counted = Pick<TenantReport, 'name' | 'counters'> & {
  readonly failures: ReadonlyMap<TenantReport['failures'][number][0], number>
}

/** Reports by app, and those of apps that are gone. */
export interface LedgerReport {
  readonly tenants: readonly TenantReport[]
  readonly gone: TenantReport
}

export class Ledger {
  readonly #live = new Set<Counted>()
  /** Of versions that are gone, by app. */
  readonly #past = new Map<string, TenantReport>()
  #gone = NO_REPORT

  /** A version begins. */
  open(version: Counted): void {
    this.#live.add(version)
  }

  /** A version is gone. */
  close(version: Counted): void {
    if (!this.#live.delete(version)) return
    this.#past.set(version.name, addReport(this.#past.get(version.name), toReport(version), true))
  }

  /** All versions of these apps that are to come are somebody else's. */
  forget(name: string): void {
    const past = this.#past.get(name)
    if (past === undefined || [...this.#live].some((version) => version.name === name)) return
    this.#past.delete(name)
    this.#gone = { ...addReport(this.#gone, past, true), name: this.#gone.name }
  }

  get report(): LedgerReport {
    const tenants = new Map(this.#past)
    for (const version of this.#live) {
      tenants.set(version.name, addReport(tenants.get(version.name), toReport(version), false))
    }
    return { tenants: [...tenants.values()], gone: this.#gone }
  }
}

function toReport({ name, counters, failures }: Counted): TenantReport {
  return { name, counters, failures: [...failures] }
}
