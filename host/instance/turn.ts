/**
 * A live guest, and the only place that enters it.
 *
 *     open(request) > new requests ---.
 *     post(event)   > inbox, by source +--> [ turn: one source's events, or the new requests > guest ] > flush > settle
 *
 * What must hold: the guest is never entered while it runs, for imports only record (see bindings/binding.ts). Events of
 * one source are delivered in order. Whatever comes out of a turn as an exception, the instance is dead from then on and
 * everything that it owes anyone is settled by the host; what was new in a turn that fell had no effect yet and can be
 * begun again elsewhere. A request that can never be answered is failed at once and not left to its timeout.
 */
import { performance } from 'node:perf_hooks'
import type { GuestEvent, Mailbox, Meter } from '../bindings/binding.ts'
import { toRecycleMb } from '../config/limits.ts'
import type { Guest } from '../engine/guest.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { ErrorCode } from '../errors.ts'
import { layInto } from '../image/image.ts'
import { Accounts, APP } from '../limits/accounts.ts'
import { BindingSet } from './binding-set.ts'
import type { InstanceHost, InstanceParts, InstanceState, RequestContext } from './contract.ts'
import { TurnClock } from './clock.ts'
import { Inbox, MOST_EVENTS, type Delivery } from './inbox.ts'
import { toStartup } from './startup.ts'
import { toTrapCode } from './trap-code.ts'

/** The most of what an engine prints in one turn that is kept. */
const PRINTED_LENGTH = 8192

/** What making an instance may take: the app has no part in it. */
const START_MS = 10_000

const PAGES_PER_MB = 16
const BYTES_PER_MB = 1024 * 1024

/** What a turn is about. */
interface Turn extends Delivery {
  /** The source, or the new requests. */
  readonly payers: readonly number[]
}

/** One live guest. */
export class Instance implements Mailbox, Disposable {
  /** Tells it from the tenant's other instances. */
  readonly number: number
  readonly meter: Meter = { turns: 0, crossings: 0, requests: 0, ignored: 0 }
  readonly #host: InstanceHost
  /** The longest turn. */
  readonly #cpuMs: number
  readonly #maxRequests: number
  /** Bytes of memory beyond which it is replaced. */
  readonly #recycleBytes: number
  readonly #clock = new TurnClock()
  readonly #memory: WebAssembly.Memory
  readonly #guest: Guest
  readonly #bindings: BindingSet
  readonly #accounts: Accounts
  readonly #maxMemory: number
  #state: InstanceState = 'fresh'
  readonly #inbox = new Inbox()
  /** What the next turn of new requests begins with. */
  #first: GuestEvent[]
  /** New requests, and their events. */
  #new: number[] = []
  #newEvents: GuestEvent[] = []
  /** Waits until a source has processor time again. */
  #refill: NodeJS.Timeout | undefined
  /** More events were to wait than may. */
  #isFlooded = false
  /** How long the last turn ran, in milliseconds. */
  #ranMs = 0
  /** What the engine printed since the last turn ended. */
  #printed = ''

  /** Makes the guest; throws when the engine cannot be started. No turn runs yet. */
  constructor(number: number, parts: InstanceParts, host: InstanceHost) {
    this.number = number
    this.#host = host
    const { cpuMs, memoryMb, recycleRequests, concurrentSubrequests } = parts.limits
    this.#cpuMs = cpuMs
    this.#maxRequests = recycleRequests
    this.#recycleBytes = toRecycleMb(parts.limits) * BYTES_PER_MB
    this.#accounts = new Accounts(parts.limits, {
      onLimit: (code, request) => host.onLimit(code, request),
      onClosed: (source, isLate) => {
        if (!this.#inbox.isEmpty) this.#inbox.move(source, APP)
        if (isLate) this.#settle()
      },
    })
    this.#maxMemory = memoryMb * BYTES_PER_MB
    this.#memory = new WebAssembly.Memory({
      initial: parts.image.pages,
      maximum: memoryMb * PAGES_PER_MB,
    })
    layInto(parts.image, this.#memory)
    this.#bindings = new BindingSet(this, this.meter, host, this.#accounts, {
      clock: this.#clock,
      maxDialing: concurrentSubrequests,
    })
    const { epoch } = host
    const stderr = (text: string): void => this.#print(text)
    const system = { clock: this.#clock, epoch: epoch.memory, stderr }
    epoch.begin(START_MS)
    try {
      const { imports } = this.#bindings
      this.#guest = parts.engine.makeGuest(this.#memory, imports, system)
    } finally {
      epoch.end()
    }
    this.#first = [toStartup(parts.env)]
  }

  get state(): InstanceState {
    return this.#state
  }

  /** Responses that are not complete. */
  get openRequests(): number {
    return this.#bindings.responses.size
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** Whether there is something to do that a turn may be had for. */
  get isReady(): boolean {
    if (this.#new.length > 0) return true
    return this.#isAwake && this.#waitMs === 0
  }

  /** How many more requests it takes. */
  get room(): number {
    return this.#maxRequests - this.meter.requests
  }

  /** Give the guest a request, with the next turn. The id names it in all that follows. */
  open(request: RequestHead, port: RequestContext): number {
    const id = ++this.meter.requests
    const { method, url, headers, hasBody, smallBody } = request
    this.#bindings.responses.add(id, port)
    this.#accounts.open(id, request)
    this.#wake()
    this.#new.push(id)
    this.#newEvents.push({ tag: 'request', val: { id, method, url, headers, hasBody } })
    if (smallBody !== undefined && hasBody) {
      this.#newEvents.push({ tag: 'request-body', val: { id, bytes: smallBody, last: true } })
    } else if (hasBody) {
      this.#bindings.bodies.add(id, port)
    }
    if (id >= this.#maxRequests) this.#retire()
    return id
  }

  /** Bytes of a request's body came. */
  bodyChunk(id: number, bytes: Uint8Array, last: boolean): void {
    this.#bindings.bodies.chunk(id, bytes, last)
  }

  /** A request's body will not come to its end. */
  bodyFailed(id: number, message: string): void {
    this.#bindings.bodies.failed(id, message)
  }

  /** A client takes bytes again. */
  writable(id: number): void {
    this.#bindings.responses.writable(id)
  }

  /** The request is off: nothing that the guest says about it counts any more. */
  gone(id: number): void {
    if (!this.#bindings.responses.remove(id)) return
    this.#bindings.bodies.drop(id)
    this.post({ tag: 'client-gone', val: id }, id)
  }

  /** Queue an event for a turn of its source: the request, or `APP`. */
  post(event: GuestEvent, request: number): void {
    if (this.#state === 'dead') return
    const source = this.#accounts.has(request) ? request : APP
    if (!this.#inbox.push(event, source)) this.#isFlooded = true
    if (this.#isAwake) this.#host.onReady()
  }

  /** One turn: the new requests, or what waits for one source. */
  run(): void {
    if (this.#state === 'dead') return
    const turn = this.#take()
    if (turn === undefined) return this.#awaitRefill()
    const { events } = turn
    this.#bindings.delivered(events)
    const over = this.#enter(turn)
    if (over === undefined) return
    try {
      this.#bindings.flush()
    } catch (fault) {
      // the host's own fault, and still no reason for the neighbours to fall
      this.#die('INTERNAL', fault)
      return
    }
    this.#flushPrinted()
    if (this.#isFlooded) return this.#die('APP_BUFFER_LIMIT', `more than ${MOST_EVENTS} events wait`)
    for (const id of over) {
      const port = this.#bindings.responses.take(id)
      // what was answered in the turn is answered
      if (port !== undefined) this.#fail(id, port, 'APP_CPU_LIMIT')
    }
    for (const event of events) if (event.tag === 'client-gone') this.#accounts.done(event.val)
    this.#accounts.sweep(this.#isBusy)
    if (this.#bindings.responses.waiting > 0) this.#failHung('waiting')
    if (this.memoryBytes > this.#recycleBytes) this.#retire()
    this.#settle()
    if (!this.#inbox.isEmpty) this.#awaitRefill()
  }

  /** End it. Open requests fail with this. */
  end(code: ErrorCode): void {
    this.#die(code)
  }

  [Symbol.dispose](): void {
    this.end('SHUTTING_DOWN')
  }

  /** A resting guest is not woken by what comes late. */
  get #isAwake(): boolean {
    return this.#state !== 'resting' && this.#state !== 'dead'
  }

  /** What the next turn is about. */
  #take(): Turn | undefined {
    const next = this.#new.length > 0 ? this.#takeNew() : this.#takeWaiting()
    if (next === undefined || this.#first.length === 0) return next
    const events = [...this.#first, ...next.events]
    this.#first = []
    return { ...next, events }
  }

  #takeNew(): Turn {
    const turn = { source: APP, payers: this.#new, events: this.#newEvents }
    this.#new = []
    this.#newEvents = []
    return turn
  }

  #takeWaiting(): Turn | undefined {
    const now = performance.now()
    const next = this.#inbox.take((source) => this.#accounts.waitMs(source, now) === 0)
    return next && { ...next, payers: [next.source] }
  }

  /** Sources that have used up their processor time have events: come back when one of them has some again. */
  #awaitRefill(): void {
    const waitMs = this.#waitMs
    if (this.#refill !== undefined || waitMs === 0 || waitMs === Infinity) return
    this.#refill = setTimeout(() => {
      this.#refill = undefined
      if (this.#isAwake && !this.#inbox.isEmpty) this.#host.onReady()
    }, Math.ceil(waitMs))
  }

  /** How long it takes until a source that has events may have a turn; infinite when none has any. */
  get #waitMs(): number {
    if (this.#inbox.isEmpty) return Infinity
    const now = performance.now()
    let least = Infinity
    for (const source of this.#inbox.sources) {
      least = Math.min(least, this.#accounts.waitMs(source, now))
      if (least === 0) break
    }
    return least
  }

  /** One turn. Gives the requests that have used up their processor time; undefined: it was the last. */
  #enter({ source, payers, events }: Turn): readonly number[] | undefined {
    if (this.#state === 'fresh') this.#state = 'live'
    this.meter.turns++
    this.#clock.advance()
    const { epoch, clock } = this.#host
    const start = this.#clock.now
    this.#accounts.begin(payers)
    epoch.begin(this.#cpuMs)
    try {
      this.#guest.turn(source, events)
    } catch (trap) {
      const isFull = this.#guest.isFull(this.#maxMemory - this.memoryBytes)
      const code = toTrapCode(trap, epoch.isOver(), isFull)
      epoch.end()
      this.#ranMs = performance.now() - start
      this.#host.onTurn?.(this.#ranMs, events.length)
      // what the guest had answered before it fell is as good as any answer
      this.#bindings.responses.flush()
      this.#die(code, trap, payers)
      return undefined
    }
    epoch.end()
    const end = performance.now()
    this.#ranMs = end - start
    const over = this.#accounts.charge(clock.measure(this.#ranMs), end)
    this.#host.onTurn?.(this.#ranMs, events.length)
    return over
  }

  /** Whether something is going on that keeps the instance awake. */
  readonly #isBusy = (): boolean => this.#state !== 'retiring' && this.#bindings.isPending()

  /** Fail the requests that nothing is going to answer. */
  #failHung(which: 'all' | 'waiting'): void {
    if (!this.#inbox.isEmpty || this.#new.length > 0 || this.#bindings.isPending()) return
    for (const { id, port } of this.#bindings.responses.takeUnanswered(which))
      this.#fail(id, port, 'APP_HUNG')
  }

  /** The guest may not go on with this request; it is told that the client has gone. */
  #fail(id: number, port: RequestContext, code: ErrorCode): void {
    this.#bindings.bodies.drop(id)
    port.fail(code)
    this.post({ tag: 'client-gone', val: id }, id)
  }

  #print(text: string): void {
    if (this.#printed.length < PRINTED_LENGTH) this.#printed += text
  }

  #flushPrinted(): void {
    if (this.#printed === '') return
    const text = this.#printed.trimEnd()
    this.#printed = ''
    this.#host.line('error', text)
  }

  #retire(): void {
    if (this.#state === 'retiring' || this.#state === 'dead') return
    this.#state = 'retiring'
    this.#host.onRetiring()
  }

  /** Nobody needs it: one that retires ends, another one rests until the next request. */
  #settle(): void {
    if (this.#state === 'dead' || !this.#inbox.isEmpty || this.#new.length > 0) return
    // no request will come any more that could feed a stream
    if (this.#state === 'retiring' && this.#bindings.responses.size > 0) return this.#failHung('all')
    if (!this.#accounts.isEmpty) return
    if (this.#state === 'retiring') return this.#die('APP_UNAVAILABLE')
    if (this.#state !== 'live') return
    this.#state = 'resting'
    this.#bindings.rest()
    this.#host.onResting?.()
  }

  #wake(): void {
    if (this.#state !== 'resting') return
    this.#state = 'live'
    this.#bindings.wake()
  }

  /** `last`: who paid for the turn that it died in, if it died in one. */
  #die(code: ErrorCode, trap?: unknown, last: readonly number[] = []): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    clearTimeout(this.#refill)
    this.#inbox.clear()
    const fresh = new Set(last.length > 1 ? [...last, ...this.#new] : this.#new)
    this.#new = []
    this.#newEvents = []
    const client = this.#accounts.blamed
    this.#accounts[Symbol.dispose]()
    const unanswered = this.#bindings.responses.takeUnanswered('all')
    this.#bindings[Symbol.dispose]()
    this.#flushPrinted()
    this.#host.onDead({ code, trap, ranMs: this.#ranMs, client })
    for (const { id, port } of unanswered) {
      // it is one of several that began in the turn: nothing that it asked for has been done
      if (fresh.has(id) && trap !== undefined) port.again(code)
      else port.fail(code)
    }
  }
}
