/**
 * One version of an app from elsewhere on one shard: to the ingress it is a tenant as any other. Its requests wait in line,
 * clients by turns, for a process of its pool; each process answers one at a time.
 *
 *     serving  --drain-->  draining  --nothing is left, its grace is over-->  over          any  --dispose-->  over
 *
 * A process is made when somebody waits and there are fewer than there may be. One that ends by a request's fault takes that
 * request with it and no other: the next one gets another process.
 */

import type { Dialer } from '../bindings/dialer.ts'
import { DeniedLines } from '../bindings/denied-lines.ts'
import type { Env } from '../config/env.ts'
import type { ForeignSettings } from '../config/foreign-settings.ts'
import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { type EndCode, Grace } from '../limits/grace.ts'
import { openAroundCounts } from '../tenant/around-counts.ts'
import { Breaker } from '../tenant/breaker.ts'
import { type Exchange, type ExchangeListener, NOBODY } from '../tenant/exchange.ts'
import { Journal } from '../tenant/journal.ts'
import type { Log } from '../tenant/log.ts'
import { BUSY_MS } from '../tenant/open-request.ts'
import { Counts, NO_COUNTERS, toVersionLabel } from '../tenant/report.ts'
import { RequestQueue } from '../tenant/request-queue.ts'
import type { AppTenant, TenantCounters } from '../tenant/tenant.ts'
import { type ForeignCode, isMade } from '../transpile/transpile.ts'
import { type CallPort, ForeignCall } from './call.ts'
import type { GuestSettings } from './frame.ts'
import { ForeignProcess } from './process.ts'

export interface ForeignParts {
  readonly name: string
  readonly id: number
  readonly version?: number | undefined
  readonly env: Env
  readonly limits: Limits
  readonly foreign: ForeignCode & ForeignSettings
}

export interface ForeignServices {
  readonly log: Log
  readonly dialer: Dialer
  /** Makes what serves it again, where that is gone. */
  readonly source: () => Promise<Disposable>
}

/** How long a process that has nothing to do is kept. */
const IDLE_MS = 60_000
/** After a process that did not come to be; twice as long after each further one. */
const [FIRST_WAIT_MS, MOST_WAIT_MS] = [500, 30_000]
const BYTES_PER_MB = 1024 * 1024

export class ForeignApp implements AppTenant {
  readonly name: string
  readonly version: number | undefined
  readonly versionLabel: string
  readonly limits: Limits
  readonly counts = new Counts()
  readonly around = openAroundCounts()
  readonly buffers: ByteBudget
  readonly #parts: ForeignParts
  readonly #dialer: Dialer
  readonly #source: ForeignServices['source']
  readonly #port: CallPort
  readonly #journal: Journal
  readonly #denied: DeniedLines
  readonly #queue: RequestQueue<ForeignCall>
  readonly #breaker: Breaker
  readonly #processes = new Map<ForeignProcess, NodeJS.Timeout | undefined>()
  /** Begun, with what each has been charged. */
  readonly #begun = new Map<ForeignCall, ForeignProcess>()
  readonly #counters = { ...NO_COUNTERS }
  readonly #grace = new Grace(() => this.#finish())
  readonly #over = Promise.withResolvers<void>()
  #state: 'serving' | 'draining' | 'over' = 'serving'
  #lastId = 0
  /** Processes that did not come to be, one after the other, and until when none is made. */
  #failed = 0
  #waitsUntil = 0
  /** What serves it is being made again. */
  #isRemade = false

  constructor(parts: ForeignParts, { log, dialer, source }: ForeignServices) {
    const { name, version, limits, foreign } = parts
    this.#parts = parts
    this.#dialer = dialer
    this.#source = source
    this.name = name
    this.version = version
    this.versionLabel = toVersionLabel(parts)
    this.limits = limits
    this.buffers = new ByteBudget(limits.bufferMb * BYTES_PER_MB)
    this.#journal = new Journal(parts, log, this.counts)
    this.#denied = new DeniedLines((text) => {
      this.#journal.count('EGRESS_DENIED')
      if (text !== undefined) this.#journal.write('warn', 'egress-denied', text)
    })
    this.#port = {
      limits,
      dialer,
      sockets: foreign.sockets,
      onFailed: (call, code, text) => this.#journal.failedExchange(code, call.exchange, text),
      onFetch: () => void this.#counters.subrequests++,
      onDenied: (denied) => this.#denied.say(denied),
      onLimit: ({ exchange }) => this.#journal.failedExchange('APP_SUBREQUEST_LIMIT', exchange),
      onOver: (call) => this.#callOver(call),
    }
    this.#queue = new RequestQueue(foreign.processes, limits.queuedRequests)
    this.#breaker = new Breaker(limits.cpuMs)
  }

  handle(exchange: Exchange): ExchangeListener {
    this.counts.touch()
    if (this.#state !== 'serving') return this.#refuse(exchange, this.#grace.code, BUSY_MS)
    if (exchange.run !== undefined || exchange.call !== undefined)
      return this.#refuse(exchange, 'APP_UNAVAILABLE')
    const backOffMs = this.#breaker.waitMs(performance.now(), exchange.client)
    if (backOffMs > 0) return this.#refuse(exchange, 'APP_BACKED_OFF', backOffMs)
    const startMs = this.#waitsUntil - performance.now()
    if (startMs > 0 && this.#processes.size === 0) return this.#refuse(exchange, 'APP_UNAVAILABLE', startMs)
    const call = new ForeignCall(++this.#lastId, exchange, this.#port)
    if (!this.#queue.admit(call)) {
      call.fail('APP_BUSY', BUSY_MS)
      return NOBODY
    }
    this.#pump()
    return call
  }

  refused(code: ErrorCode, request: string, text: string): void {
    this.#journal.failed(code, request, text)
  }

  get counters(): TenantCounters {
    return {
      ...this.#counters,
      ...this.around,
      backedOff: this.counts.failuresOf('APP_BACKED_OFF'),
      liveInstances: this.#processes.size,
      openRequests: this.#begun.size,
      queuedRequests: this.#queue.length,
      openTcpConnections: this.#dialer.tcp.open,
      heldBytes: this.buffers.held,
    }
  }

  get isBusy(): boolean {
    return this.#queue.length > 0 || this.#begun.size > 0
  }

  rest(): boolean {
    if (this.isBusy) return false
    for (const process of this.#processes.keys()) if (process.state === 'idle') process.end()
    return this.#processes.size === 0
  }

  drain(graceMs: number, code: EndCode): Promise<void> {
    if (this.#state === 'serving') this.#state = 'draining'
    this.#grace.endBy(performance.now() + graceMs, code)
    this.#goOnDraining()
    return this.#over.promise
  }

  [Symbol.dispose](): void {
    this.#grace.endBy(performance.now(), 'SHUTTING_DOWN')
    this.#finish()
  }

  /** Whoever is next gets a process that is idle, or has one made. */
  #pump(): void {
    while (this.#state !== 'over') {
      const next = this.#queue.peek()
      if (next === undefined) return
      const process = this.#takeIdle()
      if (process === undefined) return this.#make(next)
      this.#queue.begin(next)
      this.#begun.set(next, process)
      this.#counters.requests++
      this.#breaker.entered(next)
      next.begin(process)
    }
  }

  #takeIdle(): ForeignProcess | undefined {
    for (const [process, idle] of this.#processes) {
      if (process.state !== 'idle') continue
      clearTimeout(idle)
      return process
    }
    return undefined
  }

  #make(next: ForeignCall): void {
    const { foreign } = this.#parts
    const states = Array.from(this.#processes.keys(), ({ state }) => state)
    const starting = states.filter((state) => state === 'starting').length
    if (starting >= this.#queue.length || states.length >= foreign.processes) return
    if (performance.now() < this.#waitsUntil || this.#isRemade) return
    next.isCold = true
    this.#counters.instances++
    const { memoryMb, cpuMs } = this.limits
    const process = new ForeignProcess(
      toGuest(this.#parts),
      { memoryMb, cpuMs },
      {
        onReady: () => {
          this.#failed = 0
          this.#pump()
        },
        onLog: (text, isError) => this.#journal.write(isError ? 'error' : 'info', 'console', text),
        onGone: (code, wasReady) => this.#gone(process, code, wasReady),
      },
    )
    this.#processes.set(process, undefined)
  }

  #gone(process: ForeignProcess, code: ErrorCode | undefined, wasReady: boolean): void {
    clearTimeout(this.#processes.get(process))
    this.#processes.delete(process)
    if (!wasReady && this.#state !== 'over') this.#startFailed()
    else if (code !== undefined || process.state === 'busy') this.#countEnd(code)
    this.#goOnDraining()
    this.#pump()
  }

  #countEnd(code: ErrorCode | undefined): void {
    this.#counters.traps++
    if (code === 'APP_CPU_LIMIT') this.#counters.cpuStops++
    if (code === 'APP_MEMORY_LIMIT') this.#counters.memoryStops++
  }

  #startFailed(): void {
    if (isMade(this.#parts.foreign.folder)) this.#backOffStart()
    else if (!this.#isRemade) void this.#remake()
  }

  /** It was given up for others that were used since. */
  async #remake(): Promise<void> {
    this.#isRemade = true
    try {
      const lent = await this.#source()
      lent[Symbol.dispose]()
    } catch (error) {
      this.#journal.write('error', 'instance-failed', (error as Error).message)
    }
    this.#isRemade = false
    if (!isMade(this.#parts.foreign.folder)) this.#backOffStart()
    this.#pump()
  }

  /** Who waits for a process that cannot be made is told so. */
  #backOffStart(): void {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#failed++, MOST_WAIT_MS)
    this.#waitsUntil = performance.now() + wait
    this.#journal.write(
      'error',
      'instance-failed',
      `the component does not start; it is tried again in ${wait} ms`,
    )
    for (const call of this.#queue.waiting()) call.fail('APP_UNAVAILABLE', wait)
  }

  /** Its request is over. */
  #rest(process: ForeignProcess): void {
    if (process.state !== 'idle') return
    const isSpent = process.served >= this.#parts.foreign.requests
    if (isSpent || this.#state === 'draining') process.end()
    else this.#processes.set(process, setTimeout(() => process.end(), IDLE_MS).unref())
  }

  #callOver(call: ForeignCall): void {
    const process = this.#begun.get(call)
    this.#queue.leave(call)
    this.#begun.delete(call)
    if (process !== undefined) {
      this.#counters.cpuMs += call.cpuMs
      this.#breaker.left(call)
      if (call.wasStopped) this.#breaker.stopped(performance.now(), call.client, call.cpuMs)
      else this.#breaker.answered(call)
      this.#rest(process)
    }
    this.#goOnDraining()
    this.#pump()
  }

  #goOnDraining(): void {
    if (this.#state !== 'draining' || this.isBusy) return
    for (const process of this.#processes.keys()) if (process.state !== 'gone') process.end()
    if (this.#processes.size === 0) this.#finish()
  }

  #finish(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    const { code } = this.#grace
    this.#grace[Symbol.dispose]()
    for (const call of this.#queue.waiting()) call.fail(code)
    for (const call of this.#begun.keys()) call.cut(code)
    for (const process of this.#processes.keys()) process.kill(code)
    this.#dialer[Symbol.dispose]()
    this.#over.resolve()
  }

  #refuse(exchange: Exchange, code: ErrorCode, retryMs?: number): ExchangeListener {
    this.#journal.count(code)
    exchange.fail(code, retryMs)
    return NOBODY
  }
}

function toGuest({ env, foreign }: ForeignParts): GuestSettings {
  const { folder, directories, sockets } = foreign
  return { code: folder, directories, sockets, env: toVariables(env) }
}

/** Texts as they are, values as JSON; what is no value is nobody's there. */
function toVariables(env: Env): [name: string, value: string][] {
  return Object.entries(env).flatMap(([name, value]): [string, string][] => {
    return value.type === 'binding' ? [] : [[name, value.value]]
  })
}
