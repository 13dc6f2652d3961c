/**
 * One request of a tenant, between the client's exchange and the instance that answers it. Both sides see only this,
 * and either may be gone: what comes late is dropped here.
 *
 *     queued  --begin-->  open  --answered, failed, client gone-->  over
 */
import type { ErrorCode } from '../errors.ts'
import type { RequestPort } from '../instance/contract.ts'
import type { Dated } from '../limits/deadlines.ts'
import type { Instance } from '../instance/turn.ts'
import type { Exchange, Sink } from './exchange.ts'

/** What a request tells its tenant. */
export interface RequestWatcher {
  /** The app has answered, be it with an error; comes before `onDone`. */
  onServed(request: OpenRequest): void
  /** The head is out or the request is over: its deadline is met. */
  onDone(request: OpenRequest): void
  /** The handler failed; the answer is the code that the client gets. */
  onThrew(request: OpenRequest, error: string): ErrorCode
  onFailed(request: OpenRequest, code: ErrorCode): void
  /** Nothing more happens to it. Called once. */
  onOver(request: OpenRequest): void
}

/** One request. */
export class OpenRequest implements RequestPort, Sink, Dated<OpenRequest> {
  readonly exchange: Exchange
  /** Milliseconds of `performance.now()` by which the head has to be out. */
  readonly deadline: number
  earlier: OpenRequest | undefined
  later: OpenRequest | undefined
  readonly #watcher: RequestWatcher
  #instance: Instance | undefined
  #id = 0
  #isOver = false

  constructor(exchange: Exchange, watcher: RequestWatcher, deadline: number) {
    this.exchange = exchange
    this.deadline = deadline
    this.#watcher = watcher
  }

  /** Whether an instance has it. */
  get isBegun(): boolean {
    return this.#instance !== undefined
  }

  /** Give it to the instance. */
  begin(instance: Instance): void {
    this.#instance = instance
    this.#id = instance.open(this.exchange, this)
  }

  // the guest's side

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    if (this.#isOver) return
    this.#watcher.onServed(this)
    this.#end()
    this.exchange.send(status, headers, body)
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
  timeOut(): void {
    if (this.#isOver) return
    this.fail(this.isBegun ? 'APP_TIMEOUT' : 'APP_BUSY')
    this.#instance?.gone(this.#id)
  }

  #end(): void {
    this.#isOver = true
    this.#watcher.onDone(this)
    this.#watcher.onOver(this)
  }
}
