/**
 * What the rate limits of all apps are counted in. A version of an app goes on with the table of the one before, and apps that
 * share a namespace have one. A table is there as long as a version is that has it.
 */

import { RATE_LIMIT } from '../bindings/rate-limit.ts'
import type { RateTables } from '../bindings/rate-limit.ts'
import type { Env } from '../config/env.ts'
import { createRateTable } from '../limits/rate-table.ts'

export class RateTableStore {
  /** By the key of a resource. */
  readonly #tables = new Map<string, WeakRef<SharedArrayBuffer>>()

  /** Those of an app's limits; undefined: it has none. */
  of(env: Env): RateTables | undefined {
    const keys = Object.values(env).flatMap((member) =>
      member.type === 'binding' && member.kind === RATE_LIMIT ? (member.resource?.key ?? []) : [],
    )
    if (keys.length === 0) return undefined
    for (const [key, table] of this.#tables) if (table.deref() === undefined) this.#tables.delete(key)
    return new Map(keys.map((key) => [key, this.#open(key)]))
  }

  #open(key: string): SharedArrayBuffer {
    const known = this.#tables.get(key)?.deref()
    if (known !== undefined) return known
    const made = createRateTable()
    this.#tables.set(key, new WeakRef(made))
    return made
  }
}
