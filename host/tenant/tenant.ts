/**
 * One customer's app on one shard: its requests, its instance, and what becomes of it.
 *
 *     none  --first request-->  current  --recycle limit-->  retiring  --work done-->  gone
 *                               current  --trap, limit-->  gone, and its open requests fail
 *
 * There is at most one instance that takes requests, made when the first one comes; it serves many at once. One that is
 * to be replaced keeps what it has begun, so that a request is never dropped on account of a replacement.
 */
import { performance } from 'node:perf_hooks'
import type { Limits } from '../config/limits.ts'
import { openSourceMap, type SourceMap } from '../component/source-map.ts'
import type { ErrorCode } from '../errors.ts'
import type { Meter } from '../bindings/binding.ts'
import type { ConsoleLevel } from '../bindings/console.ts'
import type { Dialer } from '../bindings/dialer.ts'
import { Buffers } from '../limits/buffers.ts'
import { Deadlines } from '../limits/deadlines.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { InstanceHost, InstanceParts } from '../instance/contract.ts'
import { Instance } from '../instance/turn.ts'
import { Breaker } from './breaker.ts'
import type { Exchange, Sink } from './exchange.ts'
import { BoundedLog } from './bounded-log.ts'
import type { Log, LogEvent, LogLevel } from './log.ts'
import { OpenRequest, type RequestWatcher } from './open-request.ts'
import { RequestQueue } from './request-queue.ts'

/** What a tenant runs. */
export interface Deployment extends InstanceParts {
  readonly name: string
  /** The app's source map, as JSON text. */
  readonly sourceMap?: string | undefined
}

/** What a shard gives to a tenant. */
export interface TenantServices {
  readonly log: Log
  /** Keeps to the tenant's egress policy. */
  readonly dialer: Dialer
  readonly epoch: Epoch
  /** Milliseconds and events of each turn. */
  readonly onTurn?: (milliseconds: number, events: number) => void
}

/** What a tenant has at the moment. */
interface Present {
  /** Instances that take requests or finish what they began. */
  liveInstances: number
  openRequests: number
  /** Requests that wait for a place. */
  queuedRequests: number
  memoryBytes: number
  /** Bytes that the host holds for it. */
  heldBytes: number
}

/** What a tenant has done since it was made. */
export interface TenantCounters extends Meter, Present {
  /** Instances made. */
  instances: number
  traps: number
  /** Instances that used more processor time than they may. */
  cpuStops: number
  /** Requests that were refused after too many of those. */
  backedOff: number
}

/** An instance that has nothing to do, and when it is given up. */
interface Resting {
  readonly instance: Instance
  readonly deadline: number
}

const BYTES_PER_MB = 1024 * 1024

/** When a client that found no place may try again. */
const BUSY_MS = 1000

/** What the guest puts before an error that is about what the handler returned. */
const NON_RESPONSE = 'NonResponse: '

/** One app. */
export class Tenant implements Disposable {
  readonly name: string
  /** What the host holds for it. */
  readonly buffers: Buffers
  readonly #deployment: Deployment
  readonly #services: TenantServices
  readonly #boundedLog: BoundedLog
  readonly #deadlines: Deadlines<OpenRequest>
  /** Instances that have nothing to do. */
  readonly #idle: Deadlines<Resting>
  readonly #queue: RequestQueue<OpenRequest>
  readonly #instances = new Set<Instance>()
  readonly #breaker: Breaker
  readonly #failures = new Map<ErrorCode, number>()
  readonly #past: Omit<TenantCounters, keyof Present> = {
    turns: 0,
    crossings: 0,
    requests: 0,
    ignored: 0,
    instances: 0,
    traps: 0,
    cpuStops: 0,
    backedOff: 0,
  }
  #current: Instance | undefined
  #resting: Resting | undefined
  #sourceMap: SourceMap | undefined

  constructor(deployment: Deployment, services: TenantServices) {
    this.name = deployment.name
    this.#deployment = deployment
    this.#services = services
    this.#boundedLog = new BoundedLog(services.log)
    const { cpuMs, timeoutMs, concurrentRequests, queuedRequests, bufferMb, recycleIdleMs } =
      deployment.limits
    this.#breaker = new Breaker(cpuMs)
    this.#deadlines = new Deadlines(timeoutMs, (request) => request.timeOut())
    this.#idle = new Deadlines(recycleIdleMs, ({ instance }) => {
      this.#log('debug', 'instance-retired', `instance ${instance.number} had nothing to do`)
      instance[Symbol.dispose]()
    })
    this.#queue = new RequestQueue(concurrentRequests, queuedRequests)
    this.buffers = new Buffers(bufferMb * BYTES_PER_MB)
  }

  /** Take a request; never throws. The sink is for what happens to it from here on. */
  handle(exchange: Exchange): Sink {
    const now = performance.now()
    const waitMs = this.#breaker.waitMs(now)
    if (waitMs > 0) {
      // the log had its line when it began
      this.#past.backedOff++
      this.#count('APP_BACKED_OFF')
      exchange.fail('APP_BACKED_OFF', waitMs)
      return NOBODY
    }
    const request = new OpenRequest(exchange, this.#watcher, now + this.#deployment.limits.timeoutMs)
    const place = this.#queue.admit(request)
    if (place === 'refused') {
      this.#count('APP_BUSY')
      exchange.fail('APP_BUSY', BUSY_MS)
      return NOBODY
    }
    this.#deadlines.add(request)
    if (place === 'open') this.#begin(request)
    return request
  }

  /** A request or its response was refused: count it, and tell the log. */
  refused(code: ErrorCode, request: string, text: string): void {
    this.#count(code)
    const record = { level: 'error', tenant: this.name, event: 'request-failed' } as const
    this.#boundedLog.write({ ...record, request, text })
  }

  /** Failed requests by what the client was told. */
  get failures(): ReadonlyMap<ErrorCode, number> {
    return this.#failures
  }

  get limits(): Limits {
    return this.#deployment.limits
  }

  /** What happened so far, all instances together. */
  get counters(): TenantCounters {
    const sum: TenantCounters = {
      ...this.#past,
      liveInstances: this.#instances.size,
      openRequests: 0,
      queuedRequests: this.#queue.length,
      memoryBytes: 0,
      heldBytes: this.buffers.held,
    }
    for (const instance of this.#instances) {
      addMeter(sum, instance.meter)
      sum.openRequests += instance.openRequests
      sum.memoryBytes += instance.memoryBytes
    }
    return sum
  }

  /** End it: open requests fail, instances go. */
  [Symbol.dispose](): void {
    this.#current = undefined
    for (const instance of this.#instances) instance[Symbol.dispose]()
    this.#deadlines[Symbol.dispose]()
    this.#idle[Symbol.dispose]()
  }

  #begin(request: OpenRequest): void {
    // it may have waited while others were stopped
    const waitMs = this.#breaker.waitMs(performance.now())
    if (waitMs > 0) return request.fail('APP_BACKED_OFF', waitMs)
    this.#breaker.entered(request)
    if (this.#resting !== undefined) this.#idle.delete(this.#resting)
    this.#resting = undefined
    const instance = this.#current ?? this.#create()
    if (instance === undefined) request.fail('APP_UNAVAILABLE')
    else request.begin(instance)
  }

  #create(): Instance | undefined {
    const number = ++this.#past.instances
    try {
      const instance: Instance = new Instance(
        number,
        this.#deployment,
        this.#toHost(number, () => instance),
      )
      this.#instances.add(instance)
      this.#current = instance
      return instance
    } catch (error) {
      this.#log('error', 'instance-failed', toText(error))
      return undefined
    }
  }

  #toHost(number: number, get: () => Instance): InstanceHost {
    return {
      dialer: this.#services.dialer,
      epoch: this.#services.epoch,
      onTurn: this.#services.onTurn,
      line: (level: ConsoleLevel, text: string) => this.#log(level, 'console', text),
      report: (error: string) => this.#log('error', 'app-error', this.#symbolicate(error)),
      buffers: this.buffers,
      onLimit: (code, request) => this.refused(code, request, this.#explain(code)),
      onDenied: (text) => {
        this.#count('EGRESS_DENIED')
        if (text !== undefined) this.#log('warn', 'egress-denied', text)
      },
      onResting: () => {
        const instance = get()
        if (this.#current !== instance) return
        this.#resting = { instance, deadline: performance.now() + this.limits.recycleIdleMs }
        this.#idle.add(this.#resting)
      },
      onRetiring: () => {
        if (this.#current === get()) this.#current = undefined
        const { meter, memoryBytes } = get()
        const text = `instance ${number} is replaced after ${meter.requests} requests, ${memoryBytes} bytes of memory`
        this.#log('debug', 'instance-retired', text)
      },
      onDead: (code, trap, ranMs) => {
        const instance = get()
        if (this.#current === instance) this.#current = undefined
        this.#instances.delete(instance)
        addMeter(this.#past, instance.meter)
        if (trap === undefined) return
        this.#past.traps++
        const isLimit = code === 'APP_CPU_LIMIT' || code === 'APP_MEMORY_LIMIT'
        if (!isLimit) this.#log('error', 'instance-trapped', `instance ${number}: ${toText(trap)}`)
        else this.#log('error', 'instance-stopped', `instance ${number}: ${this.#explain(code)}`)
        if (code === 'APP_CPU_LIMIT') this.#past.cpuStops++
        this.#backOff(code === 'APP_CPU_LIMIT' ? this.limits.cpuMs : ranMs)
      },
    }
  }

  #backOff(ranMs: number): void {
    const ms = this.#breaker.stopped(performance.now(), ranMs)
    if (ms > 0) this.#log('warn', 'backed-off', `stopped too often: requests are refused for ${ms} ms`)
  }

  readonly #watcher: RequestWatcher = {
    onServed: (request) => this.#breaker.answered(request),
    onDone: (request) => {
      this.#breaker.left(request)
      this.#deadlines.delete(request)
    },
    onThrew: (request, error) => {
      const isBadResponse = error.startsWith(NON_RESPONSE)
      const text = isBadResponse ? error.slice(NON_RESPONSE.length) : error
      const code = isBadResponse ? 'APP_BAD_RESPONSE' : 'APP_THREW'
      this.#fail(request, code, this.#symbolicate(text))
      return code
    },
    onFailed: (request, code) => {
      // the log had its line when the back-off began
      if (code === 'APP_BACKED_OFF') this.#count(code)
      else this.#fail(request, code, this.#explain(code))
    },
    onOver: (request) => {
      const next = this.#queue.leave(request)
      if (next !== undefined) this.#begin(next)
    },
  }

  #explain(code: ErrorCode): string {
    const { timeoutMs, cpuMs, memoryMb, bufferMb, subrequests, backgroundMs } = this.#deployment.limits
    if (code === 'APP_TIMEOUT') return `${code}: no response within ${timeoutMs} ms`
    if (code === 'APP_CPU_LIMIT') return `${code}: more than ${cpuMs} ms of processor time for a request`
    if (code === 'APP_MEMORY_LIMIT') return `${code}: no more room in ${memoryMb} MiB of memory`
    if (code === 'APP_BUSY') return `${code}: waited ${timeoutMs} ms for a place`
    if (code === 'APP_BUFFER_LIMIT') return `${code}: more than ${bufferMb} MiB wait to be sent`
    if (code === 'APP_SUBREQUEST_LIMIT') return `${code}: more than ${subrequests} fetches for a request`
    if (code === 'APP_BACKGROUND_LIMIT') {
      return `${code}: waitUntil went on for more than ${backgroundMs} ms after the response`
    }
    if (code === 'APP_HUNG') return `${code}: the handler waits for something that is never going to happen`
    return code
  }

  #symbolicate(error: string): string {
    this.#sourceMap ??= openSourceMap(this.#deployment.sourceMap)
    return this.#sourceMap.symbolicate(error)
  }

  #log(level: LogLevel, event: LogEvent, text: string): void {
    this.#boundedLog.write({ level, tenant: this.name, event, text })
  }

  #count(code: ErrorCode): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1)
  }

  #fail({ exchange }: OpenRequest, code: ErrorCode, text: string): void {
    // what follows the path may hold secrets
    this.refused(code, exchange.id, `${exchange.method} ${new URL(exchange.url).pathname}: ${text}`)
  }
}

const NOBODY: Sink = { bodyChunk() {}, bodyFailed() {}, writable() {}, clientGone() {} }

function addMeter(sum: Meter, meter: Meter): void {
  sum.turns += meter.turns
  sum.crossings += meter.crossings
  sum.requests += meter.requests
  sum.ignored += meter.ignored
}

function toText(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
