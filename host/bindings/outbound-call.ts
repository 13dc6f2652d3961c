/**
 * One fetch of an app, from its start to the last byte of its answer or its failure.
 *
 *     waiting  --run-->  dialing  --head-->  answered  --last byte-->  over          any  --abort, failure-->  over
 *
 * - waiting: nothing is connected; it waits for its turn among the fetches of the instance.
 * - dialing: it has one of the places of those that wait for a head, until the guest has heard of the head or the failure.
 * - answered: a chunk is read for each pull. One event at most is on its way to the guest beside `fetch-writable`.
 * - over: everything is released, and nothing more is read or posted; it stays known until the guest has heard how it
 *   ended.
 *
 * What the guest asks for within a turn is noted, and done by `act` after it.
 */
import type { ReadableStreamDefaultReader } from 'node:stream/web'
import { parseFetchRule } from '../cache/fetch-rule.ts'
import { type ByteBudget, Holding } from '../limits/byte-budget.ts'
import { Link } from '../limits/chain.ts'
import type { BindingContext, GuestEvent, Mailbox } from './binding.ts'
import { CDN_LOOP } from '../http/cdn-loop.ts'
import type { RequestTrace, SpanAttributes } from '../http/request-trace.ts'
import { withTrace, type TraceHeaders } from '../http/trace-context.ts'
import { EgressDenied } from '../egress/connect.ts'
import type { Answer, Dial, Dialer } from './dialer.ts'
import { toFailureText } from './failure-text.ts'
import { FetchCache, type FetchCacheServices } from './fetch-cache.ts'
import { parseOutboundHead, toAnswerHeaders, toUnpackBytes } from './outbound-head.ts'
import { GOING_AWAY } from '../web-socket/line.ts'
import { Upload } from './upload.ts'

/** What the guest gave to `outbound.start`. */
export interface OutboundStart {
  readonly id: number
  /** The request whose account pays for it. */
  readonly owner: number
  /** What its `CDN-Loop` header says. */
  readonly loop: string
  /** Say which trace it belongs to. */
  readonly traceHeaders: TraceHeaders
  readonly head: Uint8Array
  readonly body: Uint8Array
  readonly more: boolean
  readonly redirect: Dial['redirect']
  /** Of the request that pays for it. */
  readonly trace?: RequestTrace | undefined
}

/** What a fetch is made with. */
export interface CallServices {
  readonly dialer: Dialer
  readonly fetchCache: FetchCacheServices
  readonly buffers: ByteBudget
  /** A WebSocket comes to the app. */
  readonly adopt: BindingContext['adopt']
}

/** What a fetch tells its binding. */
export interface CallPort {
  /** The guest knows of its answer's head, or that there will be none; comes once if it was dialled at all. */
  onDialed(): void
  /** The guest has heard all that it will hear of it. Called once, last. */
  onOver(): void
  /** The policy does not admit it. */
  onDenied(denied: EgressDenied): void
}

const BAD_URL =
  'fetch needs an absolute http: or https: URL without user name and password, and no more than 500 headers of 128 KiB'

const LEFT_ALONE = 'the app left it alone for too long'
const TOO_MUCH =
  'to make the fetch or to read or unpack the answer the host would have to hold more than it may'
const TOO_MANY_SIDES = 'the app has as many WebSockets as web_sockets allows'
const UNBOUNDED = 'the app wrote to a fetch without waiting for the far side'

/** What a fetch costs the host from its start: 1 to 2 kB measured. */
const CALL_BYTES = 2048

/** What it costs besides while it is under way, its connection included: 30 kB measured. */
const DIAL_BYTES = 32 * 1024

/** What each of its headers costs beside its bytes: 232 measured. */
const HEADER_BYTES = 256

/** What may wait to be read between the socket and the app, whatever the answer is. */
const OPEN_BYTES = 128 * 1024

const NOTHING = new Uint8Array(0)

/** One fetch. */
export class OutboundCall extends Link {
  readonly #id: number
  readonly #owner: number
  readonly #mailbox: Mailbox
  readonly #port: CallPort
  readonly #holding: Holding
  readonly #upload: Upload | undefined
  readonly #abort = new AbortController()
  /** What it was started with, until it is dialled. */
  #start: OutboundStart | undefined
  #state: 'waiting' | 'dialing' | 'answered' | 'over' = 'waiting'
  /** The guest wants no more of it, or has gone too far: how it ends when the turn is over. */
  #ending: { readonly message?: string } | undefined
  /** What it costs, without what waits to be uploaded. */
  #cost: number
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  /** A chunk is wanted or on its way. */
  #isPulled = false
  #isReading = false
  /** The last event that has not reached the guest. */
  #posted: GuestEvent | undefined
  /** It has one of the places of those that wait for a head. */
  #isDialing = false
  #idle: NodeJS.Timeout | undefined

  /** Undefined when the host cannot hold so much. */
  static open(
    start: OutboundStart,
    mailbox: Mailbox,
    budget: ByteBudget,
    port: CallPort,
  ): OutboundCall | undefined {
    const call = new OutboundCall(start, mailbox, budget, port)
    return call.#hold() ? call : undefined
  }

  private constructor(start: OutboundStart, mailbox: Mailbox, budget: ByteBudget, port: CallPort) {
    super()
    const { id, owner, head, body, more } = start
    this.#id = id
    this.#owner = owner
    this.#mailbox = mailbox
    this.#port = port
    this.#holding = new Holding(budget)
    this.#cost = CALL_BYTES + head.length
    if (more) {
      this.#upload = new Upload(body, () => this.#onUploadMoved())
      this.#start = { ...start, body: NOTHING }
    } else {
      this.#cost += body.length
      this.#start = start
    }
  }

  /** Whether it is going to bring the guest an event. */
  get isPending(): boolean {
    if (this.#state === 'waiting' || this.#state === 'dialing') return true
    return this.#state === 'answered' && (this.#isPulled || this.#upload?.owesWritable === true)
  }

  /** Whether the guest may still ask for something. */
  get isOpen(): boolean {
    return this.#state !== 'over' && this.#ending === undefined
  }

  // within a turn

  /** Further bytes of the upload; false when the guest has to wait. */
  write(bytes: Uint8Array): boolean {
    const upload = this.#upload
    if (upload === undefined || !upload.isOpen) return true
    const takesMore = upload.write(bytes)
    if (this.#hold()) return takesMore
    upload.stop()
    this.#ending = { message: UNBOUNDED }
    return true
  }

  /** The upload is complete. */
  finish(): void {
    this.#upload?.finish()
  }

  /** The guest wants a chunk. */
  pull(): void {
    if (this.#state === 'answered' && this.#posted === undefined) this.#isPulled = true
  }

  /** The guest does not want it any more. */
  abort(): void {
    this.#ending = {}
  }

  // between turns

  /** Do what the guest asked for in the turn that just ended. */
  act(): void {
    if (this.#ending?.message !== undefined) this.fail(this.#ending.message)
    else if (this.#ending !== undefined) this.#end()
    else {
      if (this.#upload !== undefined) this.#idle?.refresh()
      this.#upload?.flow()
      if (this.#isPulled && !this.#isReading && this.#posted === undefined) void this.#read()
    }
  }

  /** Make the fetch; never throws. */
  async run(services: CallServices): Promise<void> {
    const start = this.#start
    const { dialer, fetchCache } = services
    if (this.#state !== 'waiting' || start === undefined) return
    this.#start = undefined
    this.#state = 'dialing'
    this.#isDialing = true
    const head = parseOutboundHead(start.head)
    if (head === undefined) return this.fail(BAD_URL)
    const { trace } = start
    const since = performance.now()
    const span = (result: SpanAttributes): void =>
      trace?.span('fetch', since, performance.now(), { ...toSpanAttributes(head), ...result })
    this.#cost += DIAL_BYTES + HEADER_BYTES * head.headers.length
    if (!this.#hold()) return this.fail(TOO_MUCH)
    this.#idle = setTimeout(() => this.#expectMove(), dialer.idleMs).unref()
    try {
      const whole = start.body.length > 0 ? start.body : undefined
      const headers = [
        ...withTrace(head.headers, start.traceHeaders),
        [CDN_LOOP, start.loop] as [string, string],
      ]
      // who sends it holds the app to it
      if (this.#upload !== undefined && head.length !== undefined)
        headers.push(['content-length', head.length])
      const rule = head.cf === undefined ? undefined : parseFetchRule(head.cf)
      const dial: Dial = {
        method: head.method,
        headers,
        body: this.#upload?.stream ?? whole,
        redirect: start.redirect,
        signal: this.#abort.signal,
        ...(rule && isCacheable(head.method) && { cache: new FetchCache(rule, fetchCache) }),
      }
      const answer = await (head.isUpgrade
        ? this.#upgrade(head.url, headers, services)
        : dialer.fetch(head.url, dial))
      span({ 'http.response.status_code': answer.status })
      this.#answer(answer, head.method)
    } catch (error) {
      const denied = error instanceof Error && error.cause
      span({ 'error.type': denied instanceof EgressDenied ? 'EGRESS_DENIED' : 'FETCH_FAILED' })
      if (!(denied instanceof EgressDenied)) return this.fail(toFailureText(error))
      this.#port.onDenied(denied)
      this.fail(denied.message)
    }
  }

  /** An event of this fetch has reached the guest. */
  delivered(event: GuestEvent): void {
    if (event !== this.#posted) return
    this.#posted = undefined
    if (event.tag === 'answer-body') this.#isPulled = false
    if (this.#state === 'over') this.#leave()
    else this.#leaveDialing()
  }

  /** It came to nothing. */
  fail(message: string): void {
    this.#end({ tag: 'fetch-failed', val: { id: this.#id, message } })
  }

  /** The guest is gone. */
  [Symbol.dispose](): void {
    this.#end()
  }

  /** A WebSocket that the server agrees to is the app's, and named in the answer's head. */
  async #upgrade(
    url: string,
    headers: [string, string][],
    { dialer, buffers, adopt }: CallServices,
  ): Promise<Answer> {
    const { side, ...answer } = await dialer.upgrade(url, { headers, signal: this.#abort.signal, buffers })
    const given = { ...answer, url, redirected: false }
    if (side === undefined) return given
    const id = this.#state === 'dialing' ? adopt(side, this.#owner) : side.closed(GOING_AWAY)
    if (id === undefined) throw new Error(TOO_MANY_SIDES)
    return { ...given, headers: [[':web-socket', String(id)], ...answer.headers] }
  }

  #answer(answer: Answer, method: string): void {
    if (this.#state !== 'dialing') {
      answer.body?.cancel().catch(() => undefined)
      return
    }
    const { body, heldBytes = 0 } = answer
    this.#cost += body === null ? 0 : OPEN_BYTES + heldBytes + toUnpackBytes(answer.headers)
    if (!this.#hold()) return this.fail(TOO_MUCH)
    this.#state = 'answered'
    this.#idle?.refresh()
    const { status, statusText, url, redirected } = answer
    const hasBody = body !== null
    const headers = toAnswerHeaders(answer.headers, hasBody && method !== 'HEAD')
    this.#reader = body?.getReader()
    const event = { id: this.#id, status, statusText, url, redirected, headers, hasBody }
    if (hasBody) this.#post({ tag: 'answered', val: event })
    else this.#end({ tag: 'answered', val: event })
  }

  /** Read one chunk of the answer; never throws. */
  async #read(): Promise<void> {
    const reader = this.#reader
    if (reader === undefined || this.#state !== 'answered') return
    this.#isReading = true
    try {
      const { done, value } = await reader.read()
      this.#isReading = false
      this.#idle?.refresh()
      const id = this.#id
      if (done) this.#end({ tag: 'answer-body', val: { id, bytes: NOTHING, last: true } })
      else this.#post({ tag: 'answer-body', val: { id, bytes: value, last: false } })
    } catch (error) {
      this.fail(toFailureText(error))
    }
  }

  /**
   * Nothing has moved for a while. A far side that says nothing is the dialer's to give up; an app that neither reads
   * what came nor writes what it began would keep the connection for nothing.
   */
  #expectMove(): void {
    const isReadable = this.#state === 'answered' && !this.#isPulled
    const isWritable = this.#upload?.isOpen === true && !this.#upload.owesWritable
    if (isReadable || (isWritable && !this.#isPulled)) this.fail(LEFT_ALONE)
    else this.#idle?.refresh()
  }

  #onUploadMoved(): void {
    if (this.#state === 'over') return
    this.#hold()
    if (this.#upload?.takeWritable() === true) {
      this.#mailbox.post({ tag: 'fetch-writable', val: this.#id }, this.#owner)
    }
  }

  #end(event?: GuestEvent): void {
    if (this.#state === 'over') return
    if (event !== undefined) this.#post(event)
    this.#state = 'over'
    this.#upload?.stop()
    this.#start = undefined
    this.#holding.release()
    clearTimeout(this.#idle)
    this.#abort.abort()
    this.#reader?.cancel().catch(() => undefined)
    if (this.#posted === undefined) this.#leave()
  }

  #leave(): void {
    this.#leaveDialing()
    this.#port.onOver()
  }

  #leaveDialing(): void {
    if (!this.#isDialing) return
    this.#isDialing = false
    this.#port.onDialed()
  }

  /** Hold what it costs now; false when that is too much. */
  #hold(): boolean {
    return this.#holding.set(this.#cost + (this.#upload?.cost ?? 0))
  }

  #post(event: GuestEvent): void {
    if (this.#state === 'over') return
    this.#posted = event
    this.#mailbox.post(event, this.#owner)
  }
}

function isCacheable(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function toSpanAttributes({ method, url }: { method: string; url: string }): SpanAttributes {
  return { 'http.request.method': method, 'server.address': URL.parse(url)?.hostname ?? '' }
}
