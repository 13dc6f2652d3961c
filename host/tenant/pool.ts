/**
 * A tenant's instances on one shard.
 *
 *     none  --first request-->  current  --recycle limit-->  retiring  --work done-->  gone
 *                               current  --nothing to do for a while-->  gone
 *                               current  --trap, limit-->  gone, and its open requests fail
 *
 * There is at most one that takes requests, made when one comes; it serves many at once. One that is to be replaced
 * keeps what it has begun, so that a request is never dropped on account of a replacement.
 */
import { performance } from 'node:perf_hooks'
import type { Meter } from '../bindings/binding.ts'
import type { Dialer } from '../bindings/dialer.ts'
import { toStackText, type ErrorCode } from '../errors.ts'
import type { InstanceHost, InstanceParts } from '../instance/contract.ts'
import { Instance } from '../instance/turn.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { Deadlines, type Dated } from '../limits/deadlines.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { Place, SlowLane } from '../limits/slow-lane.ts'
import type { Journal } from './journal.ts'

/** What the instances share. */
export interface PoolServices {
  readonly journal: Journal
  readonly buffers: ByteBudget
  /** Keeps to the tenant's egress policy. */
  readonly dialer: Dialer
  readonly epoch: Epoch
  /** Where the shard's tenants wait for their turns. */
  readonly lane: SlowLane
  /** Milliseconds and events of each turn. */
  readonly onTurn?: ((milliseconds: number, events: number) => void) | undefined
  /** One ended badly, and what it had to do with it took so many milliseconds of the shard. */
  onFallen(costMs: number): void
}

/** What the instances of a tenant have done. */
export interface PoolCounters extends Meter {
  /** Instances made. */
  instances: number
  traps: number
  /** Instances that used more processor time than they may. */
  cpuStops: number
  /** Instances that take requests or finish what they began. */
  liveInstances: number
  openRequests: number
  memoryBytes: number
}

/** One that has nothing to do, and when it is given up. */
interface Resting extends Dated<Resting> {
  readonly instance: Instance
}

/** An instance that did less before it was full cost its shard more than it did. */
const SHORT_LIFE_MS = 20

/** The instances. */
export class Pool implements Disposable {
  readonly #parts: InstanceParts
  readonly #services: PoolServices
  readonly #instances = new Set<Instance>()
  readonly #idle: Deadlines<Resting>
  readonly #place: Place
  /** Of those that are gone. */
  readonly #past = { turns: 0, crossings: 0, requests: 0, ignored: 0, instances: 0, traps: 0, cpuStops: 0 }
  #current: Instance | undefined
  #resting: Resting | undefined

  constructor(parts: InstanceParts, services: PoolServices) {
    this.#parts = parts
    this.#services = services
    this.#place = services.lane.open()
    this.#idle = new Deadlines(parts.limits.recycleIdleMs, ({ instance }) => {
      services.journal.write('debug', 'instance-retired', `instance ${instance.number} had nothing to do`)
      instance[Symbol.dispose]()
    })
  }

  /** The instance for a request that has come; undefined when none can be made. */
  take(): Instance | undefined {
    if (this.#resting !== undefined) this.#idle.delete(this.#resting)
    this.#resting = undefined
    return this.#current ?? this.#create()
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

  /** End all of them: open requests fail. */
  [Symbol.dispose](): void {
    this.#current = undefined
    for (const instance of this.#instances) instance[Symbol.dispose]()
    this.#idle[Symbol.dispose]()
  }

  #create(): Instance | undefined {
    const number = ++this.#past.instances
    try {
      const instance: Instance = new Instance(
        number,
        this.#parts,
        this.#toHost(() => instance),
      )
      this.#instances.add(instance)
      this.#current = instance
      return instance
    } catch (error) {
      this.#services.journal.write('error', 'instance-failed', toStackText(error))
      return undefined
    }
  }

  #toHost(get: () => Instance): InstanceHost {
    const { journal, dialer, epoch, buffers, onTurn } = this.#services
    let workedMs = 0
    return {
      dialer,
      epoch,
      buffers,
      place: this.#place,
      onTurn(ms, events) {
        workedMs += ms
        onTurn?.(ms, events)
      },
      line: (level, text) => journal.write(level, 'console', text),
      report: (error) => journal.write('error', 'app-error', journal.symbolicate(error)),
      onLimit: (code, request) => journal.failed(code, request),
      onDenied: (text) => {
        journal.count('EGRESS_DENIED')
        if (text !== undefined) journal.write('warn', 'egress-denied', text)
      },
      onResting: () => this.#rest(get()),
      onRetiring: () => this.#retire(get(), workedMs),
      onDead: (code, trap, ranMs) => this.#remove(get(), code, trap, ranMs),
    }
  }

  #rest(instance: Instance): void {
    if (this.#current !== instance) return
    const deadline = performance.now() + this.#parts.limits.recycleIdleMs
    this.#resting = { instance, deadline, earlier: undefined, later: undefined }
    this.#idle.add(this.#resting)
  }

  #retire(instance: Instance, workedMs: number): void {
    if (this.#current === instance) this.#current = undefined
    const { number, meter, memoryBytes } = instance
    const text = `instance ${number} is replaced after ${meter.requests} requests, ${memoryBytes} bytes of memory`
    this.#services.journal.write('debug', 'instance-retired', text)
    const isFull = meter.requests < this.#parts.limits.recycleRequests
    // nobody is charged for making instances, so it must not be all that an app does
    if (isFull && workedMs < SHORT_LIFE_MS) this.#services.onFallen(workedMs)
  }

  #remove(instance: Instance, code: ErrorCode, trap: unknown, ranMs: number): void {
    if (this.#current === instance) this.#current = undefined
    this.#instances.delete(instance)
    addMeter(this.#past, instance.meter)
    if (trap === undefined) return
    const { journal } = this.#services
    this.#past.traps++
    const isLimit = code === 'APP_CPU_LIMIT' || code === 'APP_MEMORY_LIMIT'
    const text = `instance ${instance.number}: ${isLimit ? journal.explain(code) : toStackText(trap)}`
    journal.write('error', isLimit ? 'instance-stopped' : 'instance-trapped', text)
    if (code === 'APP_CPU_LIMIT') this.#past.cpuStops++
    this.#services.onFallen(code === 'APP_CPU_LIMIT' ? this.#parts.limits.cpuMs : ranMs)
  }
}

function addMeter(sum: Meter, meter: Meter): void {
  sum.turns += meter.turns
  sum.crossings += meter.crossings
  sum.requests += meter.requests
  sum.ignored += meter.ignored
}
