/**
 * A Durable Object on the shard that has it, or is about to: a tenant of its own, and the lease that keeps every other shard from
 * beginning it.
 *
 *     starting  --lease, content, first turn-->  live  <-->  resting
 *     any  --its instance is gone and nothing waits, wanted elsewhere, its version retires-->  ending  --drained-->  over
 *
 * - starting: calls wait in the tenant's queue.
 * - live, resting: as of any instance (instance/contract.ts).
 * - ending: takes no more calls; another one may be begun, here or elsewhere, and waits for the lease.
 * - over: nothing is left of it here, and the lease is released.
 */

import type { Limits } from '../config/limits.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { EndCode } from '../limits/grace.ts'
import type { DurableStorage } from '../storage/durable/client.ts'
import type { ObjectStorage } from '../storage/durable/object-storage.ts'
import type { LentContent } from '../tenant/content-slot.ts'
import { Tenant } from '../tenant/tenant.ts'
import type { SharedParts, TenantParts, TenantServices } from '../tenant/tenant.ts'
import type { Lease, LeaseClient } from './lease-client.ts'

/** What one that is wanted elsewhere has for what it has begun. */
export const END_MS = 2000

const BYTES_PER_MB = 1024 * 1024

export interface LiveObjectOptions {
  /** Names it in the whole process. */
  readonly key: string
  /** What the data of its class is called. */
  readonly namespace: string
  /** The same of all classes of the app. */
  readonly classes: readonly string[]
  readonly facts: ObjectFacts
  readonly parts: TenantParts
  readonly services: TenantServices
  readonly shared: Omit<SharedParts, 'onEmpty'>
  readonly leases: Pick<LeaseClient, 'claim'>
  readonly storage: Pick<DurableStorage, 'open'>
  /** It takes no more calls. */
  onEnding(object: LiveObject): void
  onOver(object: LiveObject): void
}

export class LiveObject {
  readonly key: string
  readonly facts: ObjectFacts
  readonly tenant: Tenant
  readonly #options: LiveObjectOptions
  #lease: Promise<Lease> | undefined
  #openStorage: (() => ObjectStorage) | undefined
  /** Of its instance, or of the last one. */
  #storage: ObjectStorage | undefined
  #ended: Promise<void> | undefined

  constructor(options: LiveObjectOptions) {
    const { key, facts, parts, services, shared } = options
    this.key = key
    this.facts = facts
    this.#options = options
    this.tenant = new Tenant(
      { ...parts, object: facts },
      {
        ...services,
        source: () => this.#obtain(),
        openObjectStorage: () => (this.#storage = this.#openStorage!()),
        shared: { ...shared, onEmpty: () => void this.end(0, 'APP_REPLACED') },
      },
    )
  }

  /** Resolves when nothing of it is left, after so many milliseconds at the latest; what is open then fails with the code. */
  end(graceMs: number, code: EndCode): Promise<void> {
    const drained = this.tenant.drain(graceMs, code)
    if (this.#ended === undefined) {
      this.#options.onEnding(this)
      this.#ended = this.#finish(drained)
    }
    return this.#ended
  }

  /** At once: open calls fail. Its lease goes with the shard. */
  [Symbol.dispose](): void {
    this.tenant[Symbol.dispose]()
  }

  /** What its instance is made of, once no other can be made anywhere. */
  async #obtain(): Promise<LentContent> {
    const { classes, facts, key, leases, namespace, parts, services, storage } = this.#options
    this.#lease ??= leases.claim(key, () => void this.end(END_MS, 'APP_REPLACED'))
    await this.#lease
    const { id, name } = facts
    this.#openStorage ??= await storage.open({ key: namespace, id, name, ...toRoom(parts.limits) }, classes)
    return await services.source()
  }

  async #finish(drained: Promise<void>): Promise<void> {
    await drained
    await this.#storage?.end()
    const lease = await this.#lease
    lease?.release()
    this.#options.onOver(this)
  }
}

function toRoom({ durableMb, durableTotalMb }: Limits): { maxBytes: number; mostBytes: number } {
  return { maxBytes: durableMb * BYTES_PER_MB, mostBytes: durableTotalMb * BYTES_PER_MB }
}
