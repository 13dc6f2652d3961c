/** Rate limits of a shard's apps on a fleet: what they let through here, others hear of, and the other way round. */

import { hash } from 'node:crypto'

import type { RateTables } from '../bindings/rate-limit.ts'
import type { FleetSettings } from '../config/fleet-settings.ts'
import type { FleetConnection } from '../fleet/connection.ts'
import { toSeal } from '../fleet/seal.ts'
import type { SharedCounts } from '../fleet/shared-counts.ts'
import { RateTable } from '../limits/rate-table.ts'
import type { RateCounter } from '../limits/rate-table.ts'

const KEY_BYTES = 16

export class SharedRates implements Disposable {
  readonly #connect: () => Promise<FleetConnection>
  readonly #secret: Uint8Array
  /** By what they are called, with how many versions have them. */
  readonly #tables = new Map<string, { readonly table: RateTable; versions: number }>()
  #isOpening = false
  #counts: SharedCounts | undefined
  #isOver = false

  /** Throws CONFIG_INVALID for a key of the fleet that is no good. */
  constructor(settings: FleetSettings, connect: () => Promise<FleetConnection>) {
    this.#connect = connect
    this.#secret = toSeal(settings)?.hashing ?? new Uint8Array(0)
  }

  /** A version has these. */
  add(tables: RateTables = new Map()): void {
    for (const [name, memory] of tables) {
      const known = this.#tables.get(name)
      if (known === undefined) this.#tables.set(name, { table: new RateTable(memory), versions: 1 })
      else known.versions++
      if (!this.#isOpening) void this.#open()
    }
  }

  /** A version that had these is gone. */
  remove(tables: RateTables = new Map()): void {
    for (const name of tables.keys()) {
      const known = this.#tables.get(name)
      if (known !== undefined && --known.versions === 0) this.#tables.delete(name)
    }
  }

  /** Counts in a table as in one that all hosts have. */
  share(name: string, table: RateTable): RateCounter {
    return {
      take: (given, rule, delta) => {
        const key = this.#toKey(given)
        const isTaken = table.take(key, rule, delta)
        if (isTaken) this.#counts?.tell({ table: name, key, periodS: rule.periodS, delta })
        return isTaken
      },
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#counts?.[Symbol.dispose]()
  }

  /** The same on every host; who has not the fleet's key learns no key of it. */
  #toKey(key: Uint8Array): Uint8Array {
    return hash('sha256', Buffer.concat([this.#secret, key]), 'buffer').subarray(0, KEY_BYTES)
  }

  async #open(): Promise<void> {
    this.#isOpening = true
    const connection = await this.#connect()
    await connection.first
    const { SharedCounts } = await import('../fleet/shared-counts.ts')
    if (this.#isOver) return
    this.#counts = new SharedCounts(connection, ({ table, key, periodS, delta }) => {
      this.#tables.get(table)?.table.take(key, { limit: Infinity, periodS }, delta)
    })
  }
}
