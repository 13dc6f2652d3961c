/**
 * A Durable Object on the shard that has it, or is about to: a tenant of its own, and the lease that keeps every other shard from
 * beginning it.
 *
 *     starting  --lease, content, first turn-->  live  <-->  resting  --its instance goes, and it keeps WebSockets-->  asleep
 *                                                asleep  --a call, a message; there is room (group.ts)-->  starting
 *     any  --its instance is gone and nothing waits, wanted elsewhere, its version retires-->  ending  --drained-->  over
 *
 * - starting: calls wait in the tenant's queue.
 * - live, resting: as of any instance (instance/contract.ts).
 * - asleep: it has no instance, and its lease and its WebSockets.
 * - ending: takes no more calls; another one may be begun, here or elsewhere, and waits for the lease.
 * - over: nothing is left of it here, and the lease is released.
 */

import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { EndCode } from '../limits/grace.ts'
import type { DurableStorage } from '../storage/durable/client.ts'
import type { ObjectStorage } from '../storage/durable/object-storage.ts'
import type { LentContent } from '../tenant/content-slot.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Tenant } from '../tenant/tenant.ts'
import type { SharedParts, TenantParts, TenantServices } from '../tenant/tenant.ts'
import { GOING_AWAY } from '../web-socket/line.ts'
import type { AutoAnswers } from './auto-answers.ts'
import type { Lease, LeaseClient } from './lease-client.ts'
import { ObjectSockets } from './object-sockets.ts'
import type { SocketsObject } from './object-sockets.ts'

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
  readonly answers: AutoAnswers
  /** Names a run in the log. */
  toId(): string
  /** It has no instance any more. */
  onAsleep(object: LiveObject): void
  /** It is to have one again. False: there is no room; `goOn` is called when there may be. */
  wake(object: LiveObject): boolean
  /** It takes no more calls. */
  onEnding(object: LiveObject): void
  onOver(object: LiveObject): void
}

export class LiveObject implements SocketsObject {
  readonly key: string
  readonly facts: ObjectFacts
  readonly tenant: Tenant
  readonly #options: LiveObjectOptions
  #lease: Promise<Lease> | undefined
  #openStorage: (() => ObjectStorage) | undefined
  /** Of its instance, or of the last one. */
  #storage: ObjectStorage | undefined
  #ended: Promise<void> | undefined
  readonly #sockets: ObjectSockets
  #isAsleep = false

  constructor(options: LiveObjectOptions) {
    const { key, facts, parts, services, shared } = options
    this.key = key
    this.facts = facts
    this.#options = options
    this.#sockets = new ObjectSockets(this, options.answers)
    this.tenant = new Tenant(
      { ...parts, object: facts },
      {
        ...services,
        source: () => this.#obtain(),
        openObjectStorage: () => (this.#storage = this.#openStorage!()),
        kept: this.#sockets,
        shared: { ...shared, onEmpty: () => this.#onEmpty() },
      },
    )
  }

  /** WebSockets that it keeps. */
  get sockets(): number {
    return this.#sockets.size
  }

  /** Take a call; undefined: there is no room for its instance. */
  handle(exchange: Exchange): ExchangeListener | undefined {
    if (this.#isAsleep && !this.#options.wake(this)) return undefined
    this.#isAsleep = false
    const listener = this.tenant.handle(exchange)
    // it may have been refused, and where there is no instance nobody says that there is none
    if (this.tenant.isEmpty) this.#onEmpty()
    return listener
  }

  /** There may be room for its instance. */
  goOn(): void {
    this.#sockets.goOn()
  }

  // its WebSockets

  bring(exchange: Exchange): ExchangeListener | undefined {
    return this.handle(exchange)
  }

  toId(): string {
    return this.#options.toId()
  }

  refused(code: ErrorCode, request: string, text: string): void {
    this.tenant.refused(code, request, text)
  }

  onLeft(): void {
    if (this.#isAsleep && this.#sockets.size === 0) void this.end(0, 'APP_REPLACED')
  }

  /** Resolves when nothing of it is left, after so many milliseconds at the latest; what is open then fails with the code. */
  end(graceMs: number, code: EndCode): Promise<void> {
    this.#sockets.end(GOING_AWAY)
    const drained = this.tenant.drain(graceMs, code)
    if (this.#ended === undefined) {
      this.#options.onEnding(this)
      this.#ended = this.#finish(drained)
    }
    return this.#ended
  }

  /** At once: open calls fail. Its lease goes with the shard. */
  [Symbol.dispose](): void {
    this.#sockets.end(GOING_AWAY)
    this.tenant[Symbol.dispose]()
  }

  #onEmpty(): void {
    if (this.#sockets.size === 0) return void this.end(0, 'APP_REPLACED')
    if (this.#isAsleep) return
    this.#isAsleep = true
    this.#options.onAsleep(this)
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
