/**
 * A tenant's instances on one shard.
 *
 *     none  --first request-->  parts asked for  --here-->  current  --a limit of its own, `retire`-->  retiring  --work done, deadline, no room-->  gone
 *                               current  --nothing to do for a while, or others need its place (residents.ts)-->  gone
 *                               current  --trap, limit, `end`-->  gone, and its open requests fail
 *
 * There is at most one that takes requests, made when one comes and what it is made of is here (content-slot.ts); it serves
 * many at once. One that retires keeps what it
 * has begun, so that no request is dropped on account of a replacement: until its deadline, which is the instance's own
 * (instance/turn.ts), and as long as the memories of all of them together have room.
 */
import { addMeter, NO_METER } from '../bindings/binding.ts'
import type { Dialer } from '../bindings/dialer.ts'
import type { Isolation } from '../config/config.ts'
import { toTotalMemoryMb } from '../config/limits.ts'
import { toFailureText, toStackText } from '../errors.ts'
import type { Death, InstanceHost, InstanceParts } from '../instance/contract.ts'
import { toWanted } from '../instance/guest.ts'
import { Instance } from '../instance/turn.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { ClientPlaces } from '../limits/client-places.ts'
import type { CpuClock } from '../limits/cpu-clock.ts'
import { Deadlines, type Deadline } from '../limits/deadlines.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { EndCode } from '../limits/grace.ts'
import type { Residents, Resting } from '../limits/residents.ts'
import type { JobLine } from '../limits/job-pool.ts'
import { ColdStart } from './cold-start.ts'
import { ContentSlot, type ContentSource } from './content-slot.ts'
import type { Journal } from './journal.ts'
import { KeptContent } from './kept-content.ts'
import type { PoolCounters } from './pool-counters.ts'
import type { Storage } from '../storage/client.ts'
import type { ObjectStorage } from '../storage/durable/object-storage.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import type { Counts } from './report.ts'

/** What the instances share. */
export interface PoolServices {
  readonly journal: Journal
  readonly counts: Counts
  readonly buffers: ByteBudget
  readonly webSocketPlaces: ClientPlaces
  readonly source: ContentSource
  /** Of the shard. */
  readonly residents: Pick<Residents, 'opened' | 'closed' | 'rest' | 'leave' | 'weigh'>
  /** Keeps to the tenant's egress policy. */
  readonly dialer: Dialer
  readonly storage: Storage
  readonly idsOf?: InstanceHost['idsOf']
  readonly shareRates?: InstanceHost['shareRates']
  /** What the Durable Object keeps that the instances are. */
  readonly openObjectStorage?: (() => ObjectStorage) | undefined
  /** The WebSockets that it keeps. */
  readonly kept?: InstanceHost['kept']
  readonly epoch: Epoch
  readonly clock: CpuClock
  readonly jobs: JobLine
  /** Milliseconds and events of each turn. */
  readonly onTurn?: ((milliseconds: number, events: number) => void) | undefined
  /** `deliver` has something to do, or an instance is gone. */
  onReady(): void
  /** One ended badly, on account of this client if that is known, after so many milliseconds of the shard. */
  onFallen(costMs: number, client: string | undefined): void
}

const BYTES_PER_MB = 1024 * 1024

/** What instances are made of, but for what is loaded. */
export interface PoolParts extends Omit<InstanceParts, 'image' | 'order'> {
  /** Of WebAssembly memory, that an instance begins with. */
  readonly image: { readonly pages: number }
  /** What has a memory of its own; undefined: an instance. */
  readonly isolation?: Isolation | undefined
}

/** The instances. */
export class Pool {
  /** The last turn was about a message of a WebSocket. */
  wasMessage = false
  readonly #parts: PoolParts
  readonly #slot: ContentSlot
  readonly #services: PoolServices
  /** The oldest first. */
  readonly #instances = new Set<Instance>()
  /** Those that have events, the next one first. */
  readonly #ready = new Set<Instance>()
  readonly #idle: Deadlines
  readonly #maxBytes: number
  /** Of those that are gone. */
  readonly #past = { ...NO_METER, instances: 0, evicted: 0, traps: 0, cpuStops: 0, memoryStops: 0 }
  #current: Instance | undefined
  /** Of memory, of all of them. */
  #bytes = 0
  readonly #cold = new ColdStart()
  /** When the current one, which has nothing to do, is given up. */
  #rest: Deadline | undefined
  /** It, as long as it has nothing to do and may go for others. */
  #resting: Resting | undefined

  /** Each request has an instance of its own. */
  readonly #isAlone: boolean
  /** There is never more than one. */
  readonly #isOnly: boolean
  readonly #kept: KeptContent

  constructor(parts: PoolParts, services: PoolServices) {
    this.#isAlone = parts.isolation === 'request'
    this.#isOnly = parts.object !== undefined
    this.#parts = this.#isAlone ? { ...parts, limits: { ...parts.limits, recycleRequests: 1 } } : parts
    this.#slot = new ContentSlot({
      source: () => (this.#isAlone ? this.#kept.lend(services.source) : services.source()),
      order: (image, onSettled) =>
        parts.engine.spares.order(toWanted({ ...parts, image }, services.epoch), onSettled),
      onSettled: () => services.onReady(),
    })
    this.#services = services
    this.#maxBytes = toTotalMemoryMb(parts.limits) * BYTES_PER_MB
    this.#idle = new Deadlines(parts.limits.recycleIdleMs)
    this.#kept = new KeptContent(this.#idle)
  }

  /** Whether `take` has an answer; if not, it is going to, and `onReady` is called. */
  prepare(): boolean {
    if (this.#current !== undefined) return true
    this.#cold.want()
    return this.#hasRoom && this.#slot.want()
  }

  /** Nobody waits for an instance: what was prepared is given up. */
  unprepare(): void {
    this.#slot.unwant()
    this.#cold.giveUp()
  }

  /** Whether what instances are made of is on its way, or one has to go before. */
  get isWaiting(): boolean {
    return this.#current === undefined && (this.#slot.isWaiting || !this.#hasRoom)
  }

  /** Whether a request that has an instance of its own finds memory for it. One that is replaced makes room itself. */
  get #hasRoom(): boolean {
    if (this.#isOnly) return this.#instances.size === 0
    if (!this.#isAlone || this.#instances.size === 0) return true
    let sum = this.#parts.image.pages * WASM_PAGE
    for (const { memoryBytes } of this.#instances) sum += memoryBytes
    return sum <= this.#maxBytes
  }

  /** The instance for requests that have come, once `prepare` was true; undefined when none can be made. */
  take(): Instance | undefined {
    this.#leaveRest()
    return this.#current ?? this.#create()
  }

  /** When the instance that `take` gave last was asked for; undefined: it has had a turn. */
  get coldSince(): number | undefined {
    return this.#cold.since
  }

  /** Whether an instance has events that wait. */
  get isReady(): boolean {
    return this.#ready.size > 0
  }

  /** One turn of the next instance that has events. */
  deliver(): void {
    for (const instance of this.#ready) return this.run(instance)
  }

  /** One turn of this instance. */
  run(instance: Instance): void {
    const isMore = this.#cold.run(instance, this.#onFirst)
    this.wasMessage = instance.wasMessage
    // behind the others
    this.#ready.delete(instance)
    if (isMore) this.#ready.add(instance)
    if (this.#instances.size > 1) this.#makeRoom(0)
    this.#weigh()
  }

  get counters(): PoolCounters {
    const sum = { ...this.#past, liveInstances: this.#instances.size, openRequests: 0, memoryBytes: 0 }
    for (const instance of this.#instances) {
      addMeter(sum, instance.meter)
      sum.openRequests += instance.openRequests
      sum.memoryBytes += instance.memoryBytes
    }
    return sum
  }

  /** Whether one has a request or background work that is not done. */
  get isBusy(): boolean {
    for (const { state } of this.#instances) if (state === 'live' || state === 'retiring') return true
    return false
  }

  /** There is none, not even one that retires. */
  get isEmpty(): boolean {
    return this.#instances.size === 0
  }

  /** The current one goes, if it rests. Whether there is none. */
  rest(): boolean {
    const current = this.#current
    if (current?.state === 'resting') this.#give(current, 'has another home')
    return this.isEmpty
  }

  /** All that there are take no more requests and have until this moment for what they have begun. */
  retire(end: number, code: EndCode): void {
    for (const instance of this.#instances) instance.retire(end, code)
  }

  /** End all of them: open requests fail. */
  end(code: EndCode): void {
    for (const instance of this.#instances) instance.end(code)
    this.#slot[Symbol.dispose]()
    this.#kept.drop()
    this.#idle[Symbol.dispose]()
  }

  #create(): Instance | undefined {
    let isOpened = false
    try {
      using next = this.#slot.take()
      if (next === undefined) return undefined
      const { content, order } = next
      if (this.#isAlone) this.#kept.keep(content)
      const { image, sourceMap } = content
      this.#services.journal.sourceMap = sourceMap
      this.#makeRoom(image.pages * WASM_PAGE)
      const number = ++this.#past.instances
      this.#services.residents.opened()
      isOpened = true
      const instance: Instance = new Instance(
        number,
        { ...this.#parts, image, order },
        this.#toHost(() => instance),
      )
      this.#instances.add(instance)
      this.#weigh()
      this.#current = instance
      this.#cold.begin()
      return instance
    } catch (error) {
      if (isOpened) this.#services.residents.closed()
      this.#cold.giveUp()
      this.#services.journal.write('error', 'instance-failed', toFailureText(error))
      return undefined
    }
  }

  /** The shard knows how much memory all of them take. */
  #weigh(): void {
    let bytes = 0
    for (const { weightBytes } of this.#instances) bytes += weightBytes
    if (bytes === this.#bytes) return
    this.#services.residents.weigh(bytes - this.#bytes)
    this.#bytes = bytes
  }

  readonly #onFirst = (coldMs: number, turnMs: number): void => {
    this.#services.counts.coldStarted(coldMs)
    this.#parts.engine.spares.charge(turnMs)
  }

  /** While there is no room for so many more bytes, the oldest one that is to be replaced ends. */
  #makeRoom(bytes: number): void {
    let sum = bytes
    for (const { memoryBytes } of this.#instances) sum += memoryBytes
    for (const instance of this.#instances) {
      if (sum <= this.#maxBytes) return
      if (instance === this.#current) continue
      sum -= instance.memoryBytes
      const most = `the app's instances may have ${this.#maxBytes / BYTES_PER_MB} MiB of memory in all`
      this.#services.journal.write(
        'warn',
        'instance-retired',
        `instance ${instance.number} makes room: ${most}`,
      )
      instance.end('APP_REPLACED')
    }
  }

  #toHost(get: () => Instance): InstanceHost {
    const { journal, dialer, storage, idsOf, epoch, clock, jobs, buffers, webSocketPlaces, onTurn } =
      this.#services
    return {
      dialer,
      storage,
      objectStorage: this.#services.openObjectStorage?.(),
      kept: this.#services.kept,
      idsOf,
      shareRates: this.#services.shareRates,
      epoch,
      clock,
      jobs,
      buffers,
      webSocketPlaces,
      onTurn,
      onReady: () => {
        this.#ready.add(get())
        this.#services.onReady()
      },
      line: (level, text, request) => journal.write(level, 'console', text, request),
      report: (error, request) => journal.write('error', 'app-error', error, request),
      mapPlaces: (places) => journal.mapPlaces(places),
      onLimit: (code, request) => journal.failed(code, request),
      onDenied: (text) => {
        journal.count('EGRESS_DENIED')
        if (text !== undefined) journal.write('warn', 'egress-denied', text)
      },
      onResting: () => this.#onResting(get()),
      onRetiring: () => this.#onRetiring(get()),
      onDead: (death) => this.#onDead(get(), death),
    }
  }

  #onResting(instance: Instance): void {
    this.#weigh()
    if (this.#current !== instance || this.#parts.limits.minInstances > 0) return
    this.#resting = {
      evict: () => {
        this.#past.evicted++
        this.#give(instance, 'rested, and made room for those of others')
      },
    }
    this.#services.residents.rest(this.#resting)
    this.#rest = this.#idle.start({ late: () => this.#give(instance, 'had nothing to do') })
  }

  /** One that rests goes. */
  #give(instance: Instance, why: string): void {
    this.#services.journal.write('debug', 'instance-retired', `instance ${instance.number} ${why}`)
    instance[Symbol.dispose]()
  }

  /** The current one has something to do, or goes. */
  #leaveRest(): void {
    this.#rest?.cancel()
    this.#rest = undefined
    if (this.#resting !== undefined) this.#services.residents.leave(this.#resting)
    this.#resting = undefined
  }

  #onRetiring(instance: Instance): void {
    if (this.#current === instance) this.#current = undefined
    this.#leaveRest()
    const { number, meter, memoryBytes } = instance
    const text = `instance ${number} retires after ${meter.requests} requests, ${memoryBytes} bytes of memory`
    this.#services.journal.write('debug', 'instance-retired', text)
  }

  #onDead(instance: Instance, { code, trap, ranMs, client, unfinished }: Death): void {
    if (this.#current === instance) {
      this.#current = undefined
      this.#leaveRest()
    }
    this.#services.residents.closed()
    this.#ready.delete(instance)
    this.#instances.delete(instance)
    this.#weigh()
    addMeter(this.#past, instance.meter)
    this.#services.onReady()
    const { journal } = this.#services
    if (trap === undefined) {
      const text = `instance ${instance.number} ends with ${unfinished} requests that are not done: ${code}`
      if (unfinished > 0) journal.write('warn', 'instance-retired', text)
      return
    }
    this.#past.traps++
    const isLimit = code === 'APP_CPU_LIMIT' || code === 'APP_MEMORY_LIMIT'
    const text = `instance ${instance.number}: ${isLimit ? journal.explain(code) : toStackText(trap)}`
    journal.write('error', isLimit ? 'instance-stopped' : 'instance-trapped', text)
    if (code === 'APP_CPU_LIMIT') this.#past.cpuStops++
    if (code === 'APP_MEMORY_LIMIT') this.#past.memoryStops++
    this.#services.onFallen(ranMs, client)
  }
}
