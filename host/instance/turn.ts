/**
 * A live guest, and the only place that enters it.
 *
 *     post(event) > queue ... > [ turn: all waiting events > guest ] > flush bindings > settle
 *
 * What must hold: the guest is never entered while it runs, for imports only record (see bindings/binding.ts). Events
 * that wait are delivered together, in order. Whatever comes out of a turn as an exception, the instance is dead from
 * then on and everything that it owes anyone is settled by the host. A request that can never be answered is failed at
 * once and not left to its timeout.
 */
import { performance } from 'node:perf_hooks'
import type { GuestEvent, Mailbox, Meter } from '../bindings/binding.ts'
import { toRecycleMb } from '../config/limits.ts'
import { instantiateEngine } from '../engine/instantiate.ts'
import type { ErrorCode } from '../errors.ts'
import { layInto } from '../image/image.ts'
import { Accounts } from '../limits/accounts.ts'
import { CpuClock } from '../limits/cpu-clock.ts'
import { BindingSet } from './binding-set.ts'
import type { GuestRequest, InstanceHost, InstanceParts, InstanceState, RequestPort } from './contract.ts'
import { TurnClock } from './clock.ts'
import { toTrapCode } from './trap-code.ts'

/** The most events of one turn: the first answers do not wait for the last request. */
const MAX_EVENTS = 32

/** The most events that may wait: a guest that sets off more gets no further. */
const MAX_QUEUE = 20_000

/** The most of what an engine prints in one turn that is kept. */
const PRINTED_LENGTH = 8192

/** What making an instance may take: the app has no part in it. */
const START_MS = 10_000

const PAGES_PER_MB = 16
const BYTES_PER_MB = 1024 * 1024

/** One live guest. */
export class Instance implements Mailbox, Disposable {
  /** Tells it from the tenant's other instances. */
  readonly number: number
  readonly meter: Meter = { turns: 0, crossings: 0, requests: 0, ignored: 0 }
  readonly #host: InstanceHost
  readonly #maxRequests: number
  /** Bytes of memory beyond which it is replaced. */
  readonly #recycleBytes: number
  readonly #clock = new TurnClock()
  readonly #memory: WebAssembly.Memory
  readonly #turn: (events: GuestEvent[]) => void
  readonly #bindings: BindingSet
  readonly #accounts: Accounts
  readonly #cpuClock = new CpuClock()
  readonly #maxMemory: number
  #state: InstanceState = 'fresh'
  #queue: GuestEvent[] = []
  /** Whose account pays for the event at the same place of the queue. */
  #payers: number[] = []
  #isScheduled = false
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
    const { memoryMb, recycleRequests, concurrentSubrequests } = parts.limits
    this.#maxRequests = recycleRequests
    this.#recycleBytes = toRecycleMb(parts.limits) * BYTES_PER_MB
    this.#accounts = new Accounts(
      parts.limits,
      (code, request) => host.onLimit(code, request),
      () => this.#settle(),
    )
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
      this.#turn = instantiateEngine(parts.engine, parts.glue, this.#memory, imports, system).turn
    } finally {
      epoch.end()
    }
    this.#push({ tag: 'startup', val: { env: JSON.stringify(parts.env) } }, 0)
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

  /** Give the guest a request. The id names it in all that follows. */
  open(request: GuestRequest, port: RequestPort): number {
    const id = ++this.meter.requests
    const { method, url, headers, hasBody, smallBody } = request
    this.#bindings.responses.add(id, port)
    this.#accounts.open(id, request)
    this.#wake()
    this.post({ tag: 'request', val: { id, method, url, headers, hasBody } }, id)
    if (smallBody !== undefined && hasBody) {
      this.post({ tag: 'request-body', val: { id, bytes: smallBody, last: true } }, id)
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

  /** Queue an event; it is delivered with all others that come until the event loop has looked at its sockets. */
  post(event: GuestEvent, request: number): void {
    if (this.#state === 'dead') return
    this.#push(event, request)
    if (this.#state !== 'resting') this.#schedule()
  }

  /** End it. Open requests fail. */
  [Symbol.dispose](): void {
    this.#die('SHUTTING_DOWN')
  }

  #push(event: GuestEvent, request: number): void {
    if (this.#queue.length >= MAX_QUEUE) {
      this.#isFlooded = true
      return
    }
    this.#queue.push(event)
    this.#payers.push(request)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#host.place.schedule(this.#drain)
  }

  readonly #drain = (): void => {
    this.#isScheduled = false
    if (this.#state === 'dead' || this.#queue.length === 0) return
    const events = this.#take()
    this.#bindings.delivered(events)
    if (!this.#enter(events)) return
    try {
      this.#bindings.flush()
    } catch (fault) {
      // the host's own fault, and still no reason for the neighbours to fall
      this.#die('INTERNAL', fault)
      return
    }
    this.#flushPrinted()
    if (this.#accounts.isOver) return this.#die('APP_CPU_LIMIT', 'used up in several turns')
    if (this.#isFlooded) return this.#die('APP_BUFFER_LIMIT', `more than ${MAX_QUEUE} events wait`)
    for (const event of events) if (event.tag === 'client-gone') this.#accounts.done(event.val)
    this.#accounts.sweep(this.#isBusy)
    if (this.#queue.length > 0) this.#schedule()
    if (this.#bindings.responses.waiting > 0) this.#failHung('waiting')
    if (this.memoryBytes > this.#recycleBytes) this.#retire()
    this.#settle()
  }

  /** The next events; who pays for them is told to the accounts. */
  #take(): GuestEvent[] {
    const count = Math.min(this.#queue.length, MAX_EVENTS)
    if (count < this.#queue.length) {
      this.#accounts.begin(this.#payers.splice(0, count))
      return this.#queue.splice(0, count)
    }
    const events = this.#queue
    this.#accounts.begin(this.#payers)
    this.#queue = []
    this.#payers = []
    return events
  }

  /** One turn; false when it was the last. */
  #enter(events: GuestEvent[]): boolean {
    if (this.#state === 'fresh') this.#state = 'live'
    this.meter.turns++
    this.#clock.advance()
    const { epoch } = this.#host
    this.#cpuClock.begin()
    epoch.begin(this.#accounts.allowance)
    try {
      this.#turn(events)
    } catch (trap) {
      const code = toTrapCode(trap, epoch.isOver(), this.#maxMemory - this.memoryBytes)
      epoch.end()
      this.#ranMs = performance.now() - this.#clock.now
      // what the guest had answered before it fell is as good as any answer
      this.#bindings.responses.flush()
      this.#die(code, trap)
      return false
    }
    epoch.end()
    this.#ranMs = performance.now() - this.#clock.now
    const cpuMs = this.#cpuClock.measure(this.#ranMs)
    this.#accounts.charge(cpuMs)
    this.#host.place.took(cpuMs)
    this.#host.onTurn?.(this.#ranMs, events.length)
    return true
  }

  /** Whether something is going on that keeps the instance awake. */
  readonly #isBusy = (): boolean => this.#state !== 'retiring' && this.#bindings.isPending()

  /** Fail the requests that nothing is going to answer. */
  #failHung(which: 'all' | 'waiting'): void {
    if (this.#queue.length > 0 || this.#bindings.isPending()) return
    for (const { id, port } of this.#bindings.responses.takeUnanswered(which)) {
      this.#bindings.bodies.drop(id)
      port.fail('APP_HUNG')
      this.post({ tag: 'client-gone', val: id }, id)
    }
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
    if (this.#state === 'dead' || this.#queue.length > 0) return
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

  #die(code: ErrorCode, trap?: unknown): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    this.#queue = []
    this.#payers = []
    this.#accounts[Symbol.dispose]()
    const unanswered = this.#bindings.responses.takeUnanswered('all')
    this.#bindings[Symbol.dispose]()
    this.#flushPrinted()
    this.#host.onDead(code, trap, this.#ranMs)
    for (const { port } of unanswered) port.fail(code)
  }
}
