/**
 * One customer's app on one shard: which requests come in, and what becomes of them.
 *
 *     request  >  backed off? [APP_BACKED_OFF]  >  a place, or one in the queue? [APP_BUSY]  >  an instance of the pool
 */
import { performance } from 'node:perf_hooks'
import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { InstanceParts } from '../instance/contract.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { Deadlines } from '../limits/deadlines.ts'
import { Breaker } from './breaker.ts'
import { NOBODY, type Exchange, type Sink } from './exchange.ts'
import { Journal } from './journal.ts'
import type { Log } from './log.ts'
import { OpenRequest, type RequestWatcher } from './open-request.ts'
import { Pool, type PoolCounters, type PoolServices } from './pool.ts'
import { RequestQueue } from './request-queue.ts'

/** What a tenant runs. */
export interface Deployment extends InstanceParts {
  readonly name: string
  /** The app's source map, as JSON text. */
  readonly sourceMap?: string | undefined
}

/** What a shard gives to a tenant. */
export interface TenantServices extends Pick<PoolServices, 'dialer' | 'epoch' | 'lane' | 'onTurn'> {
  readonly log: Log
}

/** What a tenant has done since it was made, and what it has at the moment. */
export interface TenantCounters extends PoolCounters {
  /** Requests that were refused after too many stops. */
  backedOff: number
  /** Requests that wait for a place. */
  queuedRequests: number
  /** Bytes that the host holds for it. */
  heldBytes: number
}

const BYTES_PER_MB = 1024 * 1024

/** When a client that found no place may try again. */
const BUSY_MS = 1000

/** What the guest puts before an error that is about what the handler returned. */
const NON_RESPONSE = 'NonResponse: '

/** One app. */
export class Tenant implements Disposable {
  readonly name: string
  readonly limits: Limits
  /** What the host holds for it. */
  readonly buffers: ByteBudget
  readonly #journal: Journal
  readonly #pool: Pool
  readonly #breaker: Breaker
  readonly #deadlines: Deadlines<OpenRequest>
  readonly #queue: RequestQueue<OpenRequest>

  constructor(deployment: Deployment, { log, ...services }: TenantServices) {
    const { name, limits } = deployment
    this.name = name
    this.limits = limits
    this.buffers = new ByteBudget(limits.bufferMb * BYTES_PER_MB)
    this.#journal = new Journal(deployment, log)
    this.#pool = new Pool(deployment, {
      ...services,
      journal: this.#journal,
      buffers: this.buffers,
      onFallen: (costMs) => this.#backOff(costMs),
    })
    this.#breaker = new Breaker(limits.cpuMs)
    this.#deadlines = new Deadlines(limits.timeoutMs, (request) => request.timeOut())
    this.#queue = new RequestQueue(limits.concurrentRequests, limits.queuedRequests)
  }

  /** Take a request; never throws. The sink is for what happens to it from here on. */
  handle(exchange: Exchange): Sink {
    const now = performance.now()
    const waitMs = this.#breaker.waitMs(now)
    // the log had its line when it began
    if (waitMs > 0) return this.#refuse(exchange, 'APP_BACKED_OFF', waitMs)
    const request = new OpenRequest(exchange, this.#watcher, now + this.limits.timeoutMs)
    const place = this.#queue.admit(request)
    if (place === 'refused') return this.#refuse(exchange, 'APP_BUSY', BUSY_MS)
    this.#deadlines.add(request)
    if (place === 'open') this.#begin(request)
    return request
  }

  /** A request or its response was refused elsewhere: count it, and tell the log. */
  refused(code: ErrorCode, request: string, text: string): void {
    this.#journal.failed(code, request, text)
  }

  /** Failed requests by what the client was told. */
  get failures(): ReadonlyMap<ErrorCode, number> {
    return this.#journal.failures
  }

  get counters(): TenantCounters {
    return {
      ...this.#pool.counters,
      backedOff: this.failures.get('APP_BACKED_OFF') ?? 0,
      queuedRequests: this.#queue.length,
      heldBytes: this.buffers.held,
    }
  }

  /** Whether it has a request or background work that is not done. */
  get isBusy(): boolean {
    return this.#pool.isBusy
  }

  /** End it: open requests fail, instances go. */
  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]()
    this.#deadlines[Symbol.dispose]()
  }

  #refuse(exchange: Exchange, code: ErrorCode, retryMs: number): Sink {
    this.#journal.count(code)
    exchange.fail(code, retryMs)
    return NOBODY
  }

  #begin(request: OpenRequest): void {
    // it may have waited while others were stopped
    const waitMs = this.#breaker.waitMs(performance.now())
    if (waitMs > 0) return request.fail('APP_BACKED_OFF', waitMs)
    this.#breaker.entered(request)
    const instance = this.#pool.take()
    if (instance === undefined) request.fail('APP_UNAVAILABLE')
    else request.begin(instance)
  }

  #backOff(costMs: number): void {
    const ms = this.#breaker.stopped(performance.now(), costMs)
    const text = `stopped too often: requests are refused for ${ms} ms`
    if (ms > 0) this.#journal.write('warn', 'backed-off', text)
  }

  readonly #watcher: RequestWatcher = {
    onServed: (request) => this.#breaker.answered(request),
    onDone: (request) => {
      this.#breaker.left(request)
      this.#deadlines.delete(request)
    },
    onThrew: ({ exchange }, error) => {
      const isBadResponse = error.startsWith(NON_RESPONSE)
      const text = isBadResponse ? error.slice(NON_RESPONSE.length) : error
      const code = isBadResponse ? 'APP_BAD_RESPONSE' : 'APP_THREW'
      this.#journal.failedExchange(code, exchange, this.#journal.symbolicate(text))
      return code
    },
    onFailed: ({ exchange }, code) => {
      // the log had its line when the back-off began
      if (code === 'APP_BACKED_OFF') this.#journal.count(code)
      else this.#journal.failedExchange(code, exchange)
    },
    onOver: (request) => {
      const next = this.#queue.leave(request)
      if (next !== undefined) this.#begin(next)
    },
  }
}
