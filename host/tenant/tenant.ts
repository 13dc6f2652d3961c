/**
 * One version of a customer's app on one shard: which requests come in, and what becomes of them.
 *
 *     request  >  ends? [its code]  >  backed off? [APP_BACKED_OFF]  >  too long a wait, no room? [APP_BUSY]  >  queue
 *     turn     >  what instances have begun  |  the next requests of the queue  >  an instance of the pool
 *                                                                               >  none, and its content is on its way: they wait
 *
 * What is begun comes first: so no more is begun than can be finished, and what waits, waits here, where it costs little
 * and can be told in time that there is no room. A message of a WebSocket begins something, too: it and a new request come by turns.
 *
 *     serving  --drain-->  draining  --nothing is left, its grace is over-->  over          any  --dispose-->  over
 *                            '- the queue is empty: instances retire
 *
 * A tenant that drains goes on in its turns alone, so that it never ends in the middle of one. Whatever may be the last
 * thing that is left asks for a turn: an instance that is gone, bytes that were taken. A request that waits or is begun has
 * one coming anyway.
 */
import { performance } from 'node:perf_hooks'
import type { Dialer } from '../bindings/dialer.ts'
import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import type { Instance } from '../instance/turn.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { ClientPlaces } from '../limits/client-places.ts'
import { Deadlines } from '../limits/deadlines.ts'
import { Grace, type EndCode } from '../limits/grace.ts'
import type { CpuClock } from '../limits/cpu-clock.ts'
import type { JobPool } from '../limits/job-pool.ts'
import type { Share } from '../limits/scheduler.ts'
import { openAroundCounts } from './around-counts.ts'
import type { AroundCounts } from './around-counts.ts'
import { BatchSize } from './batch.ts'
import { Breaker } from './breaker.ts'
import { DrainRate } from './drain-rate.ts'
import { NOBODY, type Exchange, type ExchangeListener } from './exchange.ts'
import { Journal } from './journal.ts'
import type { Log } from './log.ts'
import { BUSY_MS, OpenRequest, type RequestWatcher } from './open-request.ts'
import type { PoolCounters } from './pool-counters.ts'
import { Pool, type PoolParts, type PoolServices } from './pool.ts'
import { Counts, toVersionLabel } from './report.ts'
import { RequestQueue } from './request-queue.ts'

/** What a tenant runs. */
export interface TenantParts extends PoolParts {
  readonly name: string
  /** Of its version; unique in the process. */
  readonly id: number
  /** Of an app that was deployed. */
  readonly version?: number | undefined
}

/** What a shard gives to a tenant. The dialer is the tenant's own, and ends with it. */
export interface TenantServices extends Pick<
  PoolServices,
  | 'source'
  | 'residents'
  | 'dialer'
  | 'storage'
  | 'idsOf'
  | 'shareRates'
  | 'openObjectStorage'
  | 'kept'
  | 'epoch'
  | 'onTurn'
> {
  /** Who has the next turn. */
  readonly scheduler: Turns
  readonly log: Log
  /** Given to one of many that an app has: what they have together. */
  readonly shared?: SharedParts | undefined
}

/** Gives turns. */
export interface Turns {
  readonly clock: CpuClock
  readonly jobs: Pick<JobPool, 'open'>
  open(run: () => boolean, mostMs: number): Pick<Share, 'wake' | 'close'>
}

/** What tenants of one app have together. */
export interface SharedParts {
  readonly counts: Counts
  readonly buffers: ByteBudget
  readonly webSocketPlaces: ClientPlaces
  readonly breaker: Pick<Breaker, 'waitMs' | 'entered' | 'answered' | 'left' | 'stopped'>
  /** It has no instance, and nothing waits for one. */
  onEmpty(): void
}

/** What a tenant has done since it was made, and what it has at the moment. */
export interface TenantCounters extends PoolCounters, AroundCounts {
  /** Requests that were refused after too many stops. */
  backedOff: number
  /** Requests that arrived here and were handed over to its home; how often it came to serve them here after all. */
  handOvers: number
  spreads: number
  /** Requests that wait for a place. */
  queuedRequests: number
  /** TCP connections that are open or being made. */
  openTcpConnections: number
  /** WebSockets, of its clients, to servers and within the host. */
  openWebSockets: number
  /** Bytes that the host holds for it. */
  heldBytes: number
}

/**
 * - serving: takes requests.
 * - draining: refuses them; what waits or is begun goes on to its end.
 * - over: owes nobody anything; it is in no scheduler and has no instance, no timer and no connection. Its counters stay.
 */
type TenantState = 'serving' | 'draining' | 'over'

const BYTES_PER_MB = 1024 * 1024

/** The part of a request's time that it may have to wait: who would have to wait for longer is told so at once. */
const WAIT_SHARE = 0.5

/** After this part of its time a request is begun although what was begun before is not done. */
const OLD_SHARE = 0.25

/** What the guest puts before an error that is about what the handler returned. */
const NON_RESPONSE = 'NonResponse: '

/** What stands before it counts those (home/). */
const NOT_REACHED = { handOvers: 0, spreads: 0 }

/** What stands in a tenant's place is one, whatever its app is made of; `isEmpty` is asked of Durable Objects alone. */
export type AppTenant = Pick<Tenant, Exclude<keyof Tenant, 'isEmpty'>>

/** One app. */
export class Tenant implements Disposable {
  readonly name: string
  readonly version: number | undefined
  readonly versionLabel: string
  readonly limits: Limits
  readonly counts: Counts
  readonly around = openAroundCounts()
  /** What the host holds for it. */
  readonly buffers: ByteBudget
  readonly #journal: Journal
  readonly #pool: Pool
  readonly #breaker: SharedParts['breaker']
  readonly #deadlines: Deadlines
  /** Of what the clock sets off. */
  readonly #runDeadlines: Deadlines
  readonly #queue: RequestQueue<OpenRequest>
  readonly #batch = new BatchSize()
  readonly #drainRate = new DrainRate()
  readonly #share: ReturnType<Turns['open']>
  readonly #shared: SharedParts | undefined
  readonly #dialer: Dialer
  readonly #webSocketPlaces: ClientPlaces
  /** The last turn began requests. */
  #wasNew = false
  #state: TenantState = 'serving'
  readonly #grace = new Grace(() => this.#finish())
  readonly #over = Promise.withResolvers<void>()

  constructor(deployment: TenantParts, { log, scheduler, shared, ...services }: TenantServices) {
    const { name, limits } = deployment
    this.#shared = shared
    this.counts = shared?.counts ?? new Counts()
    this.name = name
    this.version = deployment.version
    this.versionLabel = toVersionLabel(deployment)
    this.limits = limits
    this.buffers = new ByteBudget(limits.bufferMb * BYTES_PER_MB, () => this.#goOnDraining(), shared?.buffers)
    this.#webSocketPlaces = shared?.webSocketPlaces ?? new ClientPlaces(limits.webSockets)
    this.#dialer = services.dialer
    this.#journal = new Journal(deployment, log, this.counts)
    this.#share = scheduler.open(this.#turn, limits.cpuMs)
    this.#pool = new Pool(deployment, {
      ...services,
      clock: scheduler.clock,
      jobs: scheduler.jobs.open(),
      journal: this.#journal,
      counts: this.counts,
      buffers: this.buffers,
      webSocketPlaces: this.#webSocketPlaces,
      onReady: () => this.#share.wake(),
      onFallen: (costMs, client) => this.#backOff(costMs, client),
    })
    this.#breaker = shared?.breaker ?? new Breaker(limits.cpuMs)
    this.#deadlines = new Deadlines(limits.timeoutMs)
    this.#runDeadlines = new Deadlines(limits.scheduledTimeoutMs)
    this.#queue = new RequestQueue(limits.concurrentRequests, limits.queuedRequests)
  }

  /** Take a request; never throws. The listener hears what happens to it from here on. */
  handle(exchange: Exchange): ExchangeListener {
    this.counts.touch()
    if (this.#state !== 'serving') return this.#refuse(exchange, this.#grace.code, BUSY_MS)
    const now = performance.now()
    const backOffMs = this.#breaker.waitMs(now, exchange.client)
    // the log had its line when it began
    if (backOffMs > 0) return this.#refuse(exchange, 'APP_BACKED_OFF', backOffMs)
    const waitMs = this.#drainRate.waitMs(this.#queue.length, now)
    const { timeoutMs, scheduledTimeoutMs } = this.limits
    const isRun = exchange.run !== undefined
    if (waitMs > (isRun ? scheduledTimeoutMs : timeoutMs) * WAIT_SHARE)
      return this.#refuse(exchange, 'APP_BUSY', waitMs)
    const request = new OpenRequest(exchange, this.#watcher, now)
    if (!this.#queue.admit(request)) return this.#refuse(exchange, 'APP_BUSY', Math.max(BUSY_MS, waitMs))
    request.deadline = (isRun ? this.#runDeadlines : this.#deadlines).start(request, now)
    this.#share.wake()
    return request
  }

  /** A request or its response was refused elsewhere: count it, and tell the log. */
  refused(code: ErrorCode, request: string, text: string): void {
    this.#journal.failed(code, request, text)
  }

  get counters(): TenantCounters {
    return {
      ...NOT_REACHED,
      ...this.around,
      ...this.#pool.counters,
      backedOff: this.counts.failuresOf('APP_BACKED_OFF'),
      queuedRequests: this.#queue.length,
      openTcpConnections: this.#dialer.tcp.open,
      openWebSockets: this.#webSocketPlaces.taken,
      heldBytes: this.buffers.held,
    }
  }

  /** Whether it has a request or background work that is not done. */
  get isBusy(): boolean {
    return this.#queue.length > 0 || this.#pool.isBusy
  }

  /** No request waits, and there is no instance. */
  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#pool.isEmpty
  }

  /** What lives of it goes if it has nothing to do. Whether there is nothing left. */
  rest(): boolean {
    return this.#queue.length === 0 && this.#pool.rest()
  }

  /**
   * Take no more requests, and end when nothing is left of those that were taken: no response, no `waitUntil` work, no
   * byte that waits for a slow client. What the app has set going for nobody is not waited for. Resolves when it has
   * ended, `graceMs` from now at the latest: what is open then is cut, with the code. Called again it can only be over
   * sooner, with the code of that call.
   */
  drain(graceMs: number, code: EndCode): Promise<void> {
    if (this.#state === 'serving') this.#state = 'draining'
    this.#grace.endBy(performance.now() + graceMs, code)
    this.#goOnDraining()
    return this.#over.promise
  }

  /** End it at once: open requests fail. */
  [Symbol.dispose](): void {
    this.#grace.endBy(performance.now(), 'SHUTTING_DOWN')
    this.#finish()
  }

  /** One turn of the guest. Whether there is more to do. */
  readonly #turn = (): boolean => {
    const now = performance.now()
    const isReady = this.#pool.isReady
    const isOld = isReady && !this.#wasNew && (this.#pool.wasMessage || this.#isOld(now))
    this.#wasNew = !isReady || isOld
    if (this.#wasNew) this.#begin(now, isReady ? 1 : this.#batch.size)
    else this.#pool.deliver()
    if (this.#queue.length === 0) this.#pool.unprepare()
    if (this.#state === 'draining' && this.#queue.length === 0) this.#windUp()
    if (this.#state === 'serving' && this.isEmpty) this.#shared?.onEmpty()
    return this.#pool.isReady || (this.#queue.peek() !== undefined && !this.#pool.isWaiting)
  }

  /** Nothing waits any more. */
  #windUp(): void {
    this.#pool.retire(this.#grace.end, this.#grace.code)
    if (this.#pool.isEmpty && this.buffers.held === 0) this.#finish()
  }

  /** Something may have been the last that was left. */
  #goOnDraining(): void {
    if (this.#state === 'draining') this.#share.wake()
  }

  #finish(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    const { code } = this.#grace
    this.#grace[Symbol.dispose]()
    this.#pool.end(code)
    for (const request of this.#queue.waiting()) request.fail(code)
    this.#deadlines[Symbol.dispose]()
    this.#runDeadlines[Symbol.dispose]()
    this.#share.close()
    this.#dialer[Symbol.dispose]()
    this.#over.resolve()
  }

  #isOld(now: number): boolean {
    const next = this.#queue.peek()
    return next !== undefined && now - next.since > this.limits.timeoutMs * OLD_SHARE
  }

  /** A turn of so many new requests at the most. */
  #begin(now: number, most: number): void {
    // what waits goes on waiting until what an instance is made of is here
    if (this.#queue.peek() === undefined || !this.#pool.prepare()) return
    let instance: Instance | undefined
    let traced: RequestTrace | undefined
    let begun = 0
    while (begun < most) {
      const next = this.#queue.peek()
      if (next === undefined || (begun > 0 && !next.isSociable)) break
      // it may have waited while others were stopped
      const waitMs = this.#breaker.waitMs(now, next.client)
      if (waitMs > 0) {
        next.fail('APP_BACKED_OFF', waitMs)
        continue
      }
      instance ??= this.#pool.take()
      if (instance === undefined) {
        next.fail('APP_UNAVAILABLE')
        continue
      }
      this.#queue.begin(next)
      this.#breaker.entered(next)
      next.begin(instance)
      traced ??= next.exchange.trace
      begun++
      if (!next.isSociable || instance.room === 0) break
    }
    if (instance === undefined || begun === 0) return
    this.#drainRate.took(begun, this.#queue.length, now)
    const start = performance.now()
    const { coldSince } = this.#pool
    this.#pool.run(instance)
    const end = performance.now()
    this.#batch.took(begun, end - start)
    // of several that began with it the first
    if (traced !== undefined && coldSince !== undefined) traced.span('cold start', coldSince, end)
  }

  #refuse(exchange: Exchange, code: ErrorCode, retryMs: number): ExchangeListener {
    this.#journal.count(code)
    exchange.fail(code, retryMs)
    return NOBODY
  }

  #backOff(costMs: number, client: string | undefined): void {
    const { ms, isAll } = this.#breaker.stopped(performance.now(), client, costMs)
    const whose = isAll ? 'requests' : `requests of client ${client}`
    if (ms > 0)
      this.#journal.write('warn', 'backed-off', `stopped too often: ${whose} are refused for ${ms} ms`)
  }

  readonly #watcher: RequestWatcher = {
    onServed: (request) => this.#breaker.answered(request),
    onDone: (request) => {
      this.#breaker.left(request)
      request.deadline?.cancel()
    },
    onThrew: ({ exchange }, error) => {
      const isBadResponse = error.startsWith(NON_RESPONSE)
      const text = isBadResponse ? error.slice(NON_RESPONSE.length) : error
      const code = isBadResponse ? 'APP_BAD_RESPONSE' : 'APP_THREW'
      this.#journal.failedExchange(code, exchange, text)
      return code
    },
    onFailed: ({ exchange }, code) => {
      // the log had its line when the back-off began
      if (code === 'APP_BACKED_OFF') this.#journal.count(code)
      else this.#journal.failedExchange(code, exchange)
    },
    onAgain: (request) => {
      this.#queue.putBack(request)
      this.#share.wake()
    },
    onOver: (request) => {
      this.#queue.leave(request)
      // it may have had the place that another one waits for
      if (this.#queue.length > 0) this.#share.wake()
    },
  }
}
