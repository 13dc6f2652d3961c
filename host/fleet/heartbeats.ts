/**
 * Who belongs to the fleet, and how far each host is: every host writes it into a bucket of its own, every few seconds, and
 * whoever wants to know reads it. What a host wrote last stays for a day, so that one that is gone is missed.
 */

import type { KV } from '@nats-io/kv'

import { attempt } from './attempt.ts'
import type { FleetConnection } from './connection.ts'
import type { Failure } from './convergence.ts'
import type { GateCounts } from './gate.ts'

/** What a host says of itself. */
export interface Heartbeat {
  readonly host: string
  /** One run of the host. */
  readonly instance: string
  /** Of NANO. */
  readonly release: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** It is as the fleet wants it up to this change, but for the failures. */
  readonly revision: number
  readonly failures: readonly Failure[]
  /** Of apps with a rollout. */
  readonly gates: Readonly<Record<string, GateCounts>>
}

export interface HostStatus extends Heartbeat {
  /** When it was heard last; milliseconds since 1970. */
  readonly seenAt: number
  readonly isAlive: boolean
}

const DAY_MS = 86_400_000
/** After as many seconds of silence a host is not there any more. */
const SILENCE_MS = 15_000
export const HEARTBEAT_MS = 3000
const MOST_FAILURES = 50

export class Heartbeats {
  readonly #connection: FleetConnection
  readonly #bucket: string
  readonly #onTwin: () => void
  #isTwinSaid = false

  /** `onTwin`: another host has this one's name. */
  constructor(connection: FleetConnection, onTwin: () => void) {
    this.#connection = connection
    this.#bucket = `nano-${connection.settings.name}-hosts`
    this.#onTwin = onTwin
  }

  async say(own: Heartbeat): Promise<void> {
    const bucket = await this.#open()
    const before = await bucket.get(own.host)
    if (before?.operation === 'PUT' && isAlive(before.created)) {
      const isOwn = before.json<Heartbeat>().instance === own.instance
      if (!isOwn && before.json<Heartbeat>().startedAt > own.startedAt && !this.#isTwinSaid) {
        this.#isTwinSaid = true
        this.#onTwin()
      }
    }
    const failures = own.failures.slice(0, MOST_FAILURES)
    await bucket.put(own.host, JSON.stringify({ ...own, failures }))
  }

  /** This host goes. */
  async leave(host: string): Promise<void> {
    await (await this.#open()).delete(host)
  }

  async all(): Promise<readonly HostStatus[]> {
    return await attempt(
      async () => {
        const found: HostStatus[] = []
        for await (const entry of await (await this.#open()).history()) {
          if (entry.operation !== 'PUT') continue
          const seenAt = entry.created.getTime()
          found.push({ ...entry.json<Heartbeat>(), seenAt, isAlive: isAlive(entry.created) })
        }
        return found.sort((a, b) => (a.host < b.host ? -1 : 1))
      },
      { eachMs: 3000 },
    )
  }

  async #open(): Promise<KV> {
    const { buckets, replicas } = this.#connection
    return await buckets.create(this.#bucket, { history: 1, replicas, ttl: DAY_MS, allow_direct: false })
  }
}

function isAlive(seen: Date): boolean {
  return Date.now() - seen.getTime() < SILENCE_MS
}
