/**
 * The tenant's view of one request. It stands between the client's side, an `Exchange`, and the instance that answers,
 * to which it is the request's `RequestContext`. Both sides see only this, and either may be gone: what comes late is
 * dropped here.
 *
 *     waiting  --begin-->  open  --answered, failed, client gone-->  over
 *              <--again--
 */
import { performance } from 'node:perf_hooks'
import type { Mark } from '../cron/outcome.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestContext } from '../instance/contract.ts'
import { Link } from '../limits/chain.ts'
import type { Deadline, Timed } from '../limits/deadlines.ts'
import type { Instance } from '../instance/turn.ts'
import { BROKEN } from '../web-socket/line.ts'
import type { Side } from '../web-socket/line.ts'
import type { Exchange, ExchangeListener } from './exchange.ts'
import type { Queued } from './request-queue.ts'

/** The least after which a client that found no place may try again. */
export const BUSY_MS = 1000

/** As the guest says it of a response that is none. */
const NOT_ASKED =
  'NonResponse: the Response has a WebSocket, and the request does not ask for one with "Upgrade: websocket"'

/** What a request tells its tenant. */
export interface RequestWatcher {
  /** The app has answered, be it with an error; comes before `onDone`. */
  onServed(request: OpenRequest): void
  /** The head is out or the request is over: its deadline is met. */
  onDone(request: OpenRequest): void
  /** The handler failed; the answer is the code that the client gets. */
  onThrew(request: OpenRequest, error: string): ErrorCode
  onFailed(request: OpenRequest, code: ErrorCode): void
  /** Its instance fell before it did anything about it: it waits again. */
  onAgain(request: OpenRequest): void
  /** Nothing more happens to it. Called once. */
  onOver(request: OpenRequest): void
}

/** One request. */
export class OpenRequest extends Link implements RequestContext, ExchangeListener, Timed, Queued {
  readonly exchange: Exchange
  /** Of its head. */
  deadline: Deadline | undefined
  /** Milliseconds of `performance.now()` when it came. */
  readonly since: number
  /** Of the turns up to now. */
  cpuMs = 0
  isCold = false
  readonly #watcher: RequestWatcher
  #instance: Instance | undefined
  #id = 0
  #isOver = false
  /** An instance fell in a turn that it was new in, and it may be the cause. */
  #isSuspect = false

  constructor(exchange: Exchange, watcher: RequestWatcher, since: number) {
    super()
    this.exchange = exchange
    this.since = since
    this.#watcher = watcher
  }

  get client(): string {
    return this.exchange.client
  }

  /** Whether it may be begun in one turn with others: only what is here as a whole can be begun once more. */
  get isSociable(): boolean {
    return !this.#isSuspect && this.#isWhole && this.exchange.run === undefined
  }

  get #isWhole(): boolean {
    return !this.exchange.hasBody || this.exchange.smallBody !== undefined
  }

  /** Give it to the instance. */
  begin(instance: Instance): void {
    this.exchange.trace?.span('queue', this.since, performance.now())
    this.#instance = instance
    this.isCold ||= instance.state === 'fresh'
    this.#id = instance.open(this.exchange, this)
    this.exchange.begun?.()
  }

  // the guest's side

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    if (this.#isOver) return
    this.#watcher.onServed(this)
    this.#end()
    this.exchange.send(status, headers, body)
  }

  upgrade(headers: Uint8Array, side: Side): void {
    const { exchange } = this
    if (this.#isOver || exchange.upgrade === undefined) side.closed(BROKEN)
    if (exchange.upgrade === undefined) return this.threw(NOT_ASKED)
    if (this.#isOver) return
    this.#watcher.onServed(this)
    this.#end()
    exchange.upgrade(headers, side)
  }

  start(status: number, headers: Uint8Array): void {
    if (this.#isOver) return
    this.#watcher.onServed(this)
    this.#watcher.onDone(this)
    this.exchange.start(status, headers)
  }

  write(bytes: Uint8Array): boolean {
    return this.#isOver || this.exchange.write(bytes)
  }

  finish(): void {
    if (this.#isOver) return
    this.#end()
    this.exchange.finish()
  }

  threw(error: string): void {
    if (this.#isOver) return
    this.#watcher.onServed(this)
    const code = this.#watcher.onThrew(this, error)
    this.#end()
    this.exchange.fail(code)
  }

  fail(code: ErrorCode, retryMs?: number): void {
    if (this.#isOver) return
    this.#watcher.onFailed(this, code)
    this.#end()
    this.exchange.fail(code, retryMs)
  }

  again(code: ErrorCode): void {
    if (this.#isOver) return
    if (!this.#isWhole) return this.fail(code)
    this.#instance = undefined
    this.#isSuspect = true
    this.#watcher.onAgain(this)
  }

  noRetry(): void {
    this.exchange.noRetry?.()
  }

  settle(mark: Mark): void {
    this.exchange.settle?.(mark)
  }

  callThrew(error: string): void {
    if (!this.#isOver) this.exchange.threw?.(error)
  }

  pullBody(): void {
    if (!this.#isOver) this.exchange.pullBody()
  }

  cancelBody(): void {
    this.exchange.cancelBody()
  }

  // the client's side

  bodyChunk(bytes: Uint8Array, last: boolean): void {
    if (!this.#isOver) this.#instance?.bodyChunk(this.#id, bytes, last)
  }

  bodyFailed(message: string): void {
    if (!this.#isOver) this.#instance?.bodyFailed(this.#id, message)
  }

  writable(): void {
    if (!this.#isOver) this.#instance?.writable(this.#id)
  }

  clientGone(): void {
    if (this.#isOver) return
    this.#end()
    this.#instance?.gone(this.#id)
  }

  /** The deadline has passed. */
  late(): void {
    if (this.#isOver) return
    const instance = this.#instance
    if (instance === undefined) return this.fail('APP_BUSY', BUSY_MS)
    this.fail('APP_TIMEOUT')
    instance.gone(this.#id)
  }

  #end(): void {
    this.#isOver = true
    this.#watcher.onDone(this)
    this.#watcher.onOver(this)
  }
}
