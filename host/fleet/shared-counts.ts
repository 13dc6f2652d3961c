/**
 * What rate limits have let through on one host, told to the others of the fleet, so that all of them count it.
 *
 *     counted  --nothing was told for PAUSE_MS: at once; otherwise then-->  told: one message with all that was counted since the last
 *
 * Nobody waits for it: a call is answered by what is known on its own host. So keys can be let through once too often by what other hosts
 * have let through within a pause, and by all of it while NATS cannot be reached: then each host counts for itself.
 */

import type { Subscription } from '@nats-io/transport-node'

import type { FleetConnection } from './connection.ts'

/** So much more of a key. */
export interface Counted {
  /** What the limits' table is called. */
  readonly table: string
  /** What stands for the key, 16 bytes. */
  readonly key: Uint8Array
  readonly periodS: number
  readonly delta: number
}

const PAUSE_MS = 50
const KEY_BYTES = 16
/** In one message. */
const MOST = 5000
const MOST_DELTA = 2 ** 32
const PERIODS: readonly unknown[] = [10, 60]

/** As it goes over NATS: the rest of what was counted, table by table. */
interface Told {
  readonly host: string
  readonly tables: readonly (readonly [table: string, ...counts: readonly Count[]])[]
}

type Count = readonly [key: string, periodS: number, delta: number]

export class SharedCounts implements Disposable {
  readonly #connection: FleetConnection
  readonly #subject: string
  readonly #subscription: Subscription
  #counted = new Map<string, { -readonly [Name in keyof Counted]: Counted[Name] }>()
  #timer: NodeJS.Timeout | undefined
  #toldAt = -Infinity

  /** `count`: another host has let it through. Of the threads of a host one hears of it. Throws FLEET_UNAVAILABLE. */
  constructor(connection: FleetConnection, count: (counted: Counted) => void) {
    const { name, host } = connection.settings
    this.#connection = connection
    this.#subject = `nano.${name}.rates`
    this.#subscription = connection.client.subscribe(this.#subject, {
      queue: host,
      callback: (error, message) => {
        const told = error === null ? readTold(message.data) : undefined
        if (told === undefined || told.host === host) return
        for (const counted of toCounts(told)) count(counted)
      },
    })
  }

  /** This host has let it through. */
  tell(counted: Counted): void {
    const { table, key, periodS, delta } = counted
    const name = `${table} ${periodS} ${Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')}`
    const known = this.#counted.get(name)
    if (known === undefined) this.#counted.set(name, { ...counted })
    else known.delta += delta
    const pause = this.#toldAt + PAUSE_MS - performance.now()
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, pause)).unref()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#subscription.unsubscribe()
  }

  #flush(): void {
    this.#timer = undefined
    this.#toldAt = performance.now()
    const all = [...this.#counted.values()]
    this.#counted.clear()
    if (!this.#connection.isConnected) return
    const { host } = this.#connection.settings
    for (let at = 0; at < all.length; at += MOST) {
      const tables = Map.groupBy(all.slice(at, at + MOST), ({ table }) => table)
      const told: Told = {
        host,
        tables: Array.from(tables, ([table, counts]) => [table, ...counts.map(toCount)] as const),
      }
      this.#connection.client.publish(this.#subject, JSON.stringify(told))
    }
  }
}

function toCount({ key, periodS, delta }: Counted): Count {
  return [Buffer.from(key).toString('base64'), periodS, delta]
}

function readTold(data: Uint8Array): Told | undefined {
  try {
    const told = JSON.parse(Buffer.from(data).toString()) as Partial<Told> | null
    return typeof told?.host === 'string' && Array.isArray(told.tables) ? (told as Told) : undefined
  } catch {
    return undefined
  }
}

/** Those that can be. */
function* toCounts({ tables }: Told): Generator<Counted> {
  for (const each of tables as readonly unknown[]) {
    const [table, ...counts] = Array.isArray(each) ? (each as unknown[]) : []
    if (typeof table !== 'string') continue
    for (const count of counts) {
      const [text, periodS, delta] = Array.isArray(count) ? (count as unknown[]) : []
      const key = Buffer.from(typeof text === 'string' ? text : '', 'base64')
      const isOne = Number.isSafeInteger(delta) && (delta as number) > 0 && (delta as number) < MOST_DELTA
      if (key.length === KEY_BYTES && PERIODS.includes(periodS) && isOne)
        yield { table, key, periodS: periodS as number, delta: delta as number }
    }
  }
}
