/**
 * A live guest, and the only place that enters it.
 *
 *     open(request), post(event)  >  agenda  >  [ turn of the guest ]  >  flush  >  settle
 *
 *     fresh  --first turn-->  live  --nobody to work for-->  resting
 *                                   <--open---------------
 *     fresh, live, resting  --a limit of its own, `retire`-->  retiring  --nobody to work for, its grace is over-->  dead
 *     any  --the guest falls, `end`-->  dead
 *
 * What each state promises stands in contract.ts. What must hold: the guest is never entered while it runs, for imports
 * only record (see bindings/binding.ts). Events of one source are delivered in order. Whatever comes out of a turn as an
 * exception, the instance is dead from then on and everything that it owes anyone is settled by the host; what was new in
 * a turn that fell, and has no answer, had no effect yet and can be begun again elsewhere. A request that can never be
 * answered is failed at once and not left to its timeout.
 */
import { performance } from 'node:perf_hooks'
import { NO_METER, type GuestEvent, type Mailbox, type Meter } from '../bindings/binding.ts'
import { toRecycleMb } from '../config/limits.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { ErrorCode } from '../errors.ts'
import { APP } from '../limits/account.ts'
import { Accounts } from '../limits/accounts.ts'
import { Grace, type EndCode } from '../limits/grace.ts'
import { FAULT, GOING_AWAY } from '../web-socket/line.ts'
import { Agenda, type Turn } from './agenda.ts'
import { BindingSet } from './binding-set.ts'
import type { InstanceHost, InstanceParts, InstanceState, RequestContext } from './contract.ts'
import { TurnClock } from './clock.ts'
import { gatePort } from './gates.ts'
import { Guest } from './guest.ts'
import { MOST_EVENTS } from './inbox.ts'
import { ObjectBlocks } from './object-blocks.ts'
import { toStartup } from './startup.ts'
import { toEvent } from './to-event.ts'

const BYTES_PER_MB = 1024 * 1024

/** One live guest. */
export class Instance implements Mailbox, Disposable {
  /** Tells it from the tenant's other instances. */
  readonly number: number
  readonly meter: Meter = { ...NO_METER }
  /** The last turn was about a message of a WebSocket. */
  wasMessage = false
  readonly #host: InstanceHost
  readonly #maxRequests: number
  readonly #isObject: boolean
  /** Bytes of memory beyond which it is replaced. */
  readonly #recycleBytes: number
  /** What it has for what it has begun, when it is replaced for a limit of its own. */
  readonly #retireMs: number
  /** What goes on for nobody has as long. */
  readonly #backgroundMs: number
  readonly #clock = new TurnClock()
  readonly #bindings: BindingSet
  readonly #accounts: Accounts
  readonly #guest: Guest
  readonly #agenda: Agenda
  readonly #grace = new Grace(() => this.#die(this.#grace.code))
  /** Of a Durable Object. */
  readonly #blocks: ObjectBlocks
  /** Why a Durable Object is to end: a name, LF, and a message. */
  #resetReason: string | undefined
  #state: InstanceState = 'fresh'
  /** Looks whether what nobody waits for has come to its end. */
  #leftovers: NodeJS.Timeout | undefined
  /** Waits until a source has processor time again. */
  #refill: NodeJS.Timeout | undefined
  /** How long the last turn ran, in milliseconds. */
  #ranMs = 0

  /** Makes the guest; throws when the engine cannot be started. No turn runs yet. */
  constructor(number: number, parts: InstanceParts, host: InstanceHost) {
    this.number = number
    this.#host = host
    const { backgroundMs, recycleRequests, retireMs } = parts.limits
    this.#backgroundMs = backgroundMs
    this.#maxRequests = recycleRequests
    this.#isObject = parts.object !== undefined
    this.#recycleBytes = toRecycleMb(parts.limits) * BYTES_PER_MB
    this.#retireMs = retireMs
    this.#accounts = new Accounts(parts.limits, {
      onLimit: (code, request) => host.onLimit(code, request),
      onClosed: (source, isLate) => {
        this.#agenda.close(source)
        this.#bindings.closed(source)
        if (isLate) this.#settle()
      },
    })
    const toWaitMs = (source: number, now: number): number => this.#accounts.waitMs(source, now)
    this.#agenda = new Agenda([toStartup(parts.env, parts.object)], toWaitMs, this.#isObject)
    this.#blocks = new ObjectBlocks(
      this.#agenda,
      (reason) => (this.#resetReason ??= reason),
      (reason) => this.#reset(reason),
    )
    const port = this.#isObject ? this.#blocks : undefined
    this.#bindings = new BindingSet(this, this.meter, host, this.#accounts, parts, this.#clock, port)
    const { imports } = this.#bindings
    if (host.objectStorage !== undefined)
      host.objectStorage.onLost = (error) => this.#die('STORAGE_LOST', error)
    this.#guest = new Guest(parts, { imports, clock: this.#clock, epoch: host.epoch })
  }

  get state(): InstanceState {
    return this.#state
  }

  /** Responses that are not complete. */
  get openRequests(): number {
    return this.#bindings.responses.size
  }

  get memoryBytes(): number {
    return this.#guest.memoryBytes
  }

  /** What of it is not shared with others, as of the last time that it rested. */
  get weightBytes(): number {
    return this.#guest.weightBytes
  }

  /** How many more requests it takes. */
  get room(): number {
    return this.#maxRequests - this.meter.requests
  }

  /** Give the guest a request, with the next turn. The id names it in all that follows. */
  open(request: RequestHead, client: RequestContext): number {
    const id = ++this.meter.requests
    const gate = this.#host.objectStorage?.gate
    const port = gate === undefined ? client : gatePort(client, gate, () => this.writable(id))
    const { hasBody, smallBody } = request
    this.#bindings.responses.add(id, port)
    this.#accounts.open(id, request, port)
    this.#wake()
    this.#agenda.addRequest(id, toEvent(id, request), smallBody)
    const isConversation = request.call?.message !== undefined
    if (hasBody && smallBody === undefined) this.#bindings.bodies.add(id, port, !isConversation)
    if (id >= this.#maxRequests) this.#recycle()
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
    this.#agenda.post(event, this.#accounts.has(request) ? request : APP)
    if (this.#isAwake) this.#host.onReady()
  }

  /** One turn: the new requests, or what waits for one source. Whether another one may be had now. */
  run(): boolean {
    const turn = this.#state === 'dead' ? undefined : this.#agenda.take()
    if (turn !== undefined) this.#serve(turn)
    if (!this.#isAwake || this.#agenda.isEmpty) return false
    const { waitMs } = this.#agenda
    if (waitMs > 0 && waitMs < Infinity) this.#awaitRefill(waitMs)
    return waitMs === 0
  }

  /**
   * Take no more requests. What it has begun has until this moment to come to its end, and gets the code if it does not.
   * Asked again it may end sooner, and not later. Not to be called within a turn.
   */
  retire(end: number, code: EndCode): void {
    if (this.#state === 'dead') return
    this.#grace.endBy(end, code)
    if (this.#state === 'retiring') return
    this.#state = 'retiring'
    this.#host.onRetiring()
    this.#bindings.retire()
    // what the app has set going for nobody keeps it no longer
    this.#accounts.sweep(this.#isBusy)
    this.#settle()
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

  #serve(turn: Turn): void {
    const { events } = turn
    this.wasMessage = events[0]?.tag === 'web-socket-message'
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
    if (this.#resetReason !== undefined) return this.#die('OBJECT_RESET')
    if (this.#agenda.isFlooded) return this.#die('APP_BUFFER_LIMIT', `more than ${MOST_EVENTS} events wait`)
    if (over.length > 0) this.#boundLeftovers()
    for (const id of over) {
      const port = this.#bindings.responses.take(id)
      // what was answered in the turn is answered
      if (port !== undefined) this.#fail(id, port, 'APP_CPU_LIMIT')
    }
    for (const event of events) if (event.tag === 'client-gone') this.#accounts.done(event.val)
    this.#accounts.sweep(this.#isBusy)
    // what one call of an object waits for may come with another one
    if (!this.#isObject && this.#bindings.responses.waiting > 0) this.#failHung('waiting')
    if (this.memoryBytes > this.#recycleBytes) this.#recycle()
    this.#settle()
  }

  /** Sources that have used up their processor time have events: come back when one of them has some again. */
  #awaitRefill(waitMs: number): void {
    this.#refill ??= setTimeout(() => {
      this.#refill = undefined
      if (this.#isAwake && !this.#agenda.isEmpty) this.#host.onReady()
    }, Math.ceil(waitMs))
  }

  /** One turn. Gives the requests that have used up their processor time; undefined: it was the last. */
  #enter({ source, payers, events }: Turn): readonly number[] | undefined {
    if (this.#state === 'fresh') this.#state = 'live'
    this.meter.turns++
    this.#clock.advance()
    const { epoch } = this.#host
    const start = this.#clock.now
    this.#accounts.begin(payers)
    epoch.begin(this.#accounts.turnMs)
    try {
      this.#guest.turn(source, events)
    } catch (trap) {
      const code = this.#guest.toTrapCode(trap, epoch.isOver())
      epoch.end()
      this.#pay(start, performance.now())
      this.#host.onTurn?.(this.#ranMs, events.length)
      // what the guest had answered before it fell is as good as any answer, if it does not tell of what is gone
      if (this.#host.objectStorage?.isDirty !== true) this.#bindings.responses.flush()
      this.#die(code, trap, payers)
      return undefined
    }
    epoch.end()
    const over = this.#pay(start, performance.now())
    this.#host.onTurn?.(this.#ranMs, events.length)
    return over
  }

  /** What the turn took is its payers', and is counted. Gives the requests that have used up their processor time. */
  #pay(start: number, end: number): readonly number[] {
    this.#ranMs = end - start
    // what its storage took was another thread's
    const storageMs = this.#host.objectStorage?.takeUsedMs() ?? 0
    const usedMs = Math.min(this.#ranMs, this.#host.clock.measure(this.#ranMs) + storageMs)
    this.meter.cpuMs += usedMs
    this.#accounts.trace(start, end)
    return this.#accounts.charge(usedMs, end)
  }

  /** Whether something is going on that keeps the instance awake. */
  readonly #isBusy = (): boolean => this.#state !== 'retiring' && this.#bindings.isPending()

  /** Fail the requests that nothing is going to answer. */
  #failHung(which: 'all' | 'waiting'): void {
    if (!this.#agenda.isEmpty || this.#bindings.isPending()) return
    for (const { id, port } of this.#bindings.responses.takeUnanswered(which))
      this.#fail(id, port, 'APP_HUNG')
  }

  /** The guest may not go on with this request; it is told that the client has gone. */
  #fail(id: number, port: RequestContext, code: ErrorCode): void {
    this.#bindings.bodies.drop(id)
    port.fail(code)
    this.post({ tag: 'client-gone', val: id }, id)
  }

  #flushPrinted(): void {
    const text = this.#guest.takePrinted()
    if (text !== '') this.#host.line('error', text.trimEnd())
  }

  /** Outside of a turn. */
  #reset(reason: string): void {
    this.#resetReason = reason
    this.#die('OBJECT_RESET')
  }

  /** It has reached a limit of its own: another one is to take its place. */
  #recycle(): void {
    if (this.#state !== 'retiring') this.retire(performance.now() + this.#retireMs, 'APP_REPLACED')
  }

  /** Nobody needs it: one that retires ends, another one rests until the next request. */
  #settle(): void {
    if (this.#state === 'dead' || this.#agenda.hasNew) return
    if (this.#state === 'retiring') return this.#settleRetiring()
    if (this.#state !== 'live' || !this.#accounts.isEmpty) return
    if (!this.#agenda.isEmpty) return this.#boundLeftovers()
    this.#state = 'resting'
    this.#bindings.rest()
    this.#guest.weigh(performance.now())
    this.#host.onResting?.()
  }

  /**
   * What the app goes on with for a request that was stopped, or for nobody, has the time of the background: an instance that then still
   * works as much as it may, at nobody's cost, is replaced.
   */
  #boundLeftovers(): void {
    this.#leftovers ??= setTimeout(() => {
      this.#leftovers = undefined
      if (this.#isAwake && !this.#agenda.isEmpty && this.#accounts.isAppSpent(performance.now()))
        this.#recycle()
    }, this.#backgroundMs).unref()
  }

  #settleRetiring(): void {
    if (this.#accounts.isEmpty) return this.#die(this.#grace.code)
    if (!this.#agenda.isEmpty || this.#bindings.isPending()) return
    // nothing is going to bring it anything: no request will come that could feed a stream or end what is held
    if (this.#bindings.responses.size > 0) this.#failHung('all')
    else this.#die(this.#grace.code)
  }

  #wake(): void {
    if (this.#state !== 'resting') return
    this.#state = 'live'
    this.#bindings.wake()
  }

  /** `last`: who paid for the turn that it died in, if it died in one. */
  #die(code: ErrorCode, trap?: unknown, last: readonly number[] = []): void {
    if (this.#state === 'dead') return
    const hasRested = this.#state === 'resting'
    this.#state = 'dead'
    clearTimeout(this.#refill)
    clearTimeout(this.#leftovers)
    this.#blocks[Symbol.dispose]()
    this.#grace[Symbol.dispose]()
    const unheard = this.#agenda.clear()
    const fresh = new Set(last.length > 1 ? [...last, ...unheard] : unheard)
    const { blamed: client, turnMs } = this.#accounts
    // what the machine did meanwhile is not the guest's
    const ranMs = code === 'APP_CPU_LIMIT' ? turnMs : this.#ranMs
    const unfinished = this.#accounts.size
    this.#accounts[Symbol.dispose]()
    const unanswered = this.#bindings.responses.takeUnanswered('all')
    const end = trap === undefined && code !== 'OBJECT_RESET' ? GOING_AWAY : FAULT
    this.#bindings.webSockets.end(end)
    this.#bindings[Symbol.dispose]()
    const { kept } = this.#host
    if (hasRested) kept?.leave()
    else kept?.end(end)
    this.#flushPrinted()
    this.#guest.end()
    void this.#host.objectStorage?.end()
    const reason = this.#resetReason
    if (reason !== undefined) this.#host.line('error', `the object was reset: ${reason.replace('\n', ': ')}`)
    this.#host.onDead({ code, trap, ranMs, client, unfinished })
    for (const { id, port, hasHead } of unanswered) {
      if (reason !== undefined) port.callThrew?.(reason)
      // it is one of several that began in the turn: nothing that it asked for has been done
      if (fresh.has(id) && !hasHead && trap !== undefined) port.again(code)
      else port.fail(code)
    }
  }
}
