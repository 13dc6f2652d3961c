/**
 * Rate limits (wit/rate-limit.wit). Unlike what starts a call this acts at once: the count is in memory that all shards share
 * (host/limits/rate-table.ts), and nothing comes back to the guest within the turn. The time that it takes is the turn's.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-rate-limit.d.ts'
import type { Env } from '../config/env.ts'
import { RateTable } from '../limits/rate-table.ts'
import type { RateCounter } from '../limits/rate-table.ts'
import type { BindingContext, Meter } from './binding.ts'
import { PassiveBinding } from './passive-binding.ts'

/** What is counted for an app's bindings, by the key of the resource that each leads to. */
export type RateTables = ReadonlyMap<string, SharedArrayBuffer>

/** Makes of a table one in which others count, too. `name`: what it is called. */
export type ShareRates = (name: string, table: RateTable) => RateCounter

/** The kind of the members of `env`. */
export const RATE_LIMIT = 'ratelimit'

/** An instance's limits. */
class RateLimitBinding extends PassiveBinding {
  readonly #meter: Meter
  readonly #env: Env
  readonly #tables: RateTables
  readonly #share: ShareRates | undefined
  /** By the names that the guest says. */
  readonly #counters = new Map<string, RateCounter>()

  constructor({ meter, rates }: Pick<BindingContext, 'meter' | 'rates'>) {
    super()
    this.#meter = meter
    this.#env = rates.env
    this.#tables = rates.tables
    this.#share = rates.share
  }

  /** The functions that the guest calls. */
  readonly imports = {
    take: (name: Uint8Array, key: Uint8Array, limit: number, period: number, delta: number): boolean => {
      const meter = this.#meter
      meter.crossings++
      const counter = this.#find(Buffer.from(name.buffer, name.byteOffset, name.length).toString())
      if (counter === undefined || (period !== 10 && period !== 60)) {
        meter.ignored++
        return false
      }
      const isTaken = counter.take(key, { limit, periodS: period }, delta)
      meter[isTaken ? 'ratesAllowed' : 'ratesLimited']++
      return isTaken
    },
  } satisfies typeof Wit

  #find(name: string): RateCounter | undefined {
    const known = this.#counters.get(name)
    if (known !== undefined) return known
    const member = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined
    const resource = member?.type === 'binding' && member.kind === RATE_LIMIT ? member.resource : undefined
    const memory = resource && this.#tables.get(resource.key)
    if (memory === undefined) return undefined
    const table = new RateTable(memory)
    const counter = this.#share?.(resource!.key, table) ?? table
    this.#counters.set(name, counter)
    return counter
  }
}

export const bind = (context: BindingContext): RateLimitBinding => new RateLimitBinding(context)
