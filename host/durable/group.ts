/**
 * The Durable Objects of one version of an app, on one shard: what they have together, so that all of them get no more of the
 * shard than one app.
 *
 *     a share of turns, a line of jobs, a byte budget, a dialer, counts, back-offs; how many live, and with how much memory
 *
 * Beyond its bounds the one that has rested for longest goes. When none rests, calls of further ones are refused [APP_BUSY], and the one
 * with the most memory ends when all of them have too much. One that is asleep counts to neither bound; messages that would wake it
 * wait until there is room.
 */

import { ownClasses } from '../config/class-data.ts'
import { Breaker } from '../tenant/breaker.ts'
import { Counts, NO_COUNTERS, TENANT_COUNTS, toVersionLabel } from '../tenant/report.ts'
import type { TenantCounters, TenantParts, TenantServices } from '../tenant/tenant.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { ClientPlaces } from '../limits/client-places.ts'
import type { EndCode } from '../limits/grace.ts'
import type { DurableStorage } from '../storage/durable/client.ts'
import { AutoAnswers } from './auto-answers.ts'
import { GroupResidents } from './group-residents.ts'
import type { LeaseClient } from './lease-client.ts'
import { END_MS, LiveObject } from './object.ts'
import { SharedTurns } from './shared-turns.ts'

export interface GroupOptions {
  /** Of the version. */
  readonly parts: TenantParts
  /** The dialer ends with the group. */
  readonly services: TenantServices
  readonly leases: Pick<LeaseClient, 'claim'>
  readonly storage: Pick<DurableStorage, 'open'>
  /** Names a run in the log. */
  readonly toId: () => string
  /** An object takes no more calls. */
  readonly onEnding: (object: LiveObject) => void
}

const BYTES_PER_MB = 1024 * 1024
/** An object is never replaced by another instance while it works. */
const FOREVER = 1_000_000_000

const NAMES = Object.keys(TENANT_COUNTS) as (keyof TenantCounters)[]

export class ObjectGroup {
  readonly name: string
  readonly versionLabel: string
  readonly counts = new Counts()
  readonly buffers: ByteBudget
  readonly webSocketPlaces: ClientPlaces
  /** Calls that were handed over to other shards. */
  handOvers = 0
  readonly #options: GroupOptions
  readonly #parts: TenantParts
  /** What the data of the app's classes is called. */
  readonly #classes: readonly string[]
  readonly #turns: SharedTurns
  readonly #residents: GroupResidents
  readonly #breaker: Breaker
  /** Those that end included. */
  readonly #objects = new Set<LiveObject>()
  readonly #asleep = new Set<LiveObject>()
  /** Those of them that are to have an instance; the next one first. */
  readonly #waking = new Set<LiveObject>()
  readonly #answers = new AutoAnswers()
  /** What those did that are over. */
  readonly #past = { ...NO_COUNTERS }
  #over: PromiseWithResolvers<void> | undefined
  #isWaking = false

  constructor(options: GroupOptions) {
    const { parts, services } = options
    const { limits } = parts
    this.#options = options
    this.name = parts.name
    this.versionLabel = toVersionLabel(parts)
    this.#parts = {
      ...parts,
      isolation: 'instance',
      limits: { ...limits, minInstances: 0, recycleRequests: FOREVER, recycleMemoryMb: limits.memoryMb },
    }
    this.#classes = ownClasses(parts.name, parts.env).map(({ key }) => key)
    this.buffers = new ByteBudget(limits.bufferMb * BYTES_PER_MB)
    this.webSocketPlaces = new ClientPlaces(limits.webSockets)
    this.#turns = new SharedTurns(services.scheduler, limits.cpuMs)
    this.#breaker = new Breaker(limits.cpuMs)
    const bounds = { liveInstances: limits.liveObjects, liveMemoryMb: limits.liveObjectsMb }
    this.#residents = new GroupResidents(services.residents, bounds, {
      heavy: () => this.#endHeaviest(),
      rest: () => this.#wakeSoon(),
    })
  }

  get counters(): TenantCounters {
    const sum = { ...this.#past, handOvers: this.handOvers }
    for (const { tenant } of this.#objects) add(sum, tenant.counters)
    return {
      ...sum,
      backedOff: this.counts.failuresOf('APP_BACKED_OFF'),
      heldBytes: this.buffers.held,
      openWebSockets: this.webSocketPlaces.taken,
    }
  }

  /** One of them is at work. */
  get isBusy(): boolean {
    for (const { tenant } of this.#objects) if (tenant.isBusy) return true
    return false
  }

  /** Another one; undefined: there are as many as may be. */
  open(key: string, namespace: string, facts: ObjectFacts): LiveObject | undefined {
    const { services, leases, storage, onEnding, toId } = this.#options
    if (!this.#makeRoom()) return undefined
    const object = new LiveObject({
      key,
      namespace,
      classes: this.#classes,
      facts,
      leases,
      storage,
      parts: this.#parts,
      services: { ...services, scheduler: this.#turns, residents: this.#residents },
      shared: {
        counts: this.counts,
        buffers: this.buffers,
        webSocketPlaces: this.webSocketPlaces,
        breaker: this.#toBreaker(key),
      },
      answers: this.#answers,
      toId,
      onAsleep: (asleep) => {
        this.#asleep.add(asleep)
        this.#wakeSoon()
      },
      wake: (asleep) => this.#wake(asleep),
      onEnding,
      onOver: (over) => this.#onOver(over),
    })
    this.#objects.add(object)
    return object
  }

  /** Resolves when all of them are over. */
  async end(graceMs: number, code: EndCode): Promise<void> {
    for (const object of this.#objects) void object.end(Math.min(graceMs, END_MS), code)
    if (this.#objects.size > 0) {
      this.#over ??= Promise.withResolvers()
      await this.#over.promise
    }
    this.#turns[Symbol.dispose]()
    this.#options.services.dialer[Symbol.dispose]()
  }

  /** All of them at once. */
  [Symbol.dispose](): void {
    for (const object of this.#objects) object[Symbol.dispose]()
  }

  /** Whether there is room for one more instance; if need be one goes that rests. */
  #makeRoom(): boolean {
    const awake = this.#objects.size - this.#asleep.size
    const isFull = awake >= this.#parts.limits.liveObjects || this.#residents.isFull
    return !isFull || this.#residents.evict()
  }

  #wake(object: LiveObject): boolean {
    const hasRoom = this.#makeRoom()
    if (hasRoom) this.#asleep.delete(object)
    else this.#waking.add(object)
    return hasRoom
  }

  /** The next one that is to have an instance tries again. Not at once: who says so is in the middle of something. */
  #wakeSoon(): void {
    if (this.#waking.size === 0 || this.#isWaking) return
    this.#isWaking = true
    setImmediate(() => {
      this.#isWaking = false
      const [next] = this.#waking
      if (next === undefined) return
      this.#waking.delete(next)
      next.goOn()
      if (!this.#waking.has(next)) this.#wakeSoon()
    })
  }

  /** A stop is the debt of the object, and of all of them. */
  #toBreaker(key: string): Pick<Breaker, 'waitMs' | 'entered' | 'answered' | 'left' | 'stopped'> {
    const breaker = this.#breaker
    return {
      waitMs: (now) => breaker.waitMs(now, key),
      entered: (request) => breaker.entered(request),
      answered: (request) => breaker.answered(request),
      left: (request) => breaker.left(request),
      stopped: (now, _client, ranMs) => breaker.stopped(now, key, ranMs),
    }
  }

  #endHeaviest(): void {
    let heaviest: LiveObject | undefined
    let most = 0
    for (const object of this.#objects) {
      const { memoryBytes } = object.tenant.counters
      if (memoryBytes <= most) continue
      most = memoryBytes
      heaviest = object
    }
    void heaviest?.end(0, 'APP_MEMORY_LIMIT')
  }

  #onOver(object: LiveObject): void {
    this.#objects.delete(object)
    this.#asleep.delete(object)
    this.#waking.delete(object)
    this.#wakeSoon()
    add(this.#past, object.tenant.counters)
    for (const name of NAMES) if (TENANT_COUNTS[name].kind === 'gauge') this.#past[name] = 0
    if (this.#objects.size === 0) this.#over?.resolve()
  }
}

function add(sum: TenantCounters, counters: Readonly<TenantCounters>): void {
  for (const name of NAMES) sum[name] += counters[name]
}
