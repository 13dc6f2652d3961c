/**
 * A request that another shard has handed over, at its home: as the tenant knows it, its client is here.
 *
 *     open  --send, finish, fail-->  over: the other shard is told, and has the rest
 *           --upgrade-->  a WebSocket (line-way.ts)  --both of its sides are over-->  over
 *           --send of much-->  over, and kept until the other shard has it
 *           --gone, the other shard is gone-->  over: the tenant is told
 *
 * What the tenant says is on the app's byte budget of this shard as long as it is on the way. When that is a window, the
 * tenant waits, as for any client that reads slowly.
 */

import type { ErrorCode } from '../errors.ts'
import type { Call, RequestHead, Run, TlsFacts } from '../http/request-head.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import { Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { BROKEN, couple } from '../web-socket/line.ts'
import type { Side } from '../web-socket/line.ts'
import type { Batch } from './batch.ts'
import { isLarge, WINDOW } from './hand-over.ts'
import { LineWay } from './line-way.ts'
import type { Cost, OfLine, ToHome } from './messages.ts'

/** Whoever takes what is handed over: a tenant. */
export interface Taker {
  readonly buffers: ByteBudget
  handle(exchange: Exchange): ExchangeListener
  refused(code: ErrorCode, request: string, text: string): void
}

export interface HandedOverOptions {
  readonly number: number
  readonly batch: Batch
  readonly taker: Taker
  readonly trace: RequestTrace | undefined
  /** It asks for a WebSocket. */
  readonly isUpgrade: boolean
  /** Nothing more comes for it. */
  onOver(): void
}

export class HandedOver implements Exchange {
  readonly id: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array
  readonly tls: TlsFacts | undefined
  readonly run: Run | undefined
  readonly call: Call | undefined
  readonly trace: RequestTrace | undefined
  readonly upgrade: Exchange['upgrade']
  readonly #options: HandedOverOptions
  readonly #held: Holding
  #listener: ExchangeListener = NOBODY
  #isWaiting = false
  #isOver = false
  #line: LineWay | undefined

  constructor(head: Omit<RequestHead, 'trace'>, options: HandedOverOptions) {
    const { id, client, method, url, headers, hasBody, smallBody, tls, run, call } = head
    this.id = id
    this.client = client
    this.method = method
    this.url = url
    this.headers = headers
    this.hasBody = hasBody
    if (smallBody !== undefined) this.smallBody = smallBody
    this.tls = tls
    this.run = run
    this.call = call
    this.trace = options.trace
    this.upgrade = options.isUpgrade ? (lines, side) => this.#upgrade(lines, side) : undefined
    this.#options = options
    this.#held = new Holding(options.taker.buffers)
  }

  /** Give it to the tenant. */
  open(): void {
    this.#listener = this.#options.taker.handle(this)
  }

  // the other shard's side

  hear(message: Exclude<ToHome, { type: 'request' }>): void {
    if (message.type === 'chunk') this.#listener.bodyChunk(message.bytes, message.isLast)
    else if (message.type === 'broken') this.#listener.bodyFailed(message.text)
    else if (message.type === 'taken') this.#took(message.bytes)
    else this.gone()
  }

  /** About the WebSocket that it has become. */
  hearLine(message: OfLine): void {
    this.#line?.hear(message)
  }

  /** Nobody is there any more for whom it was. */
  gone(): void {
    this.#line?.lost()
    const wasOver = this.#isOver
    this.#end()
    if (!wasOver) this.#listener.clientGone()
  }

  // the tenant's side

  pullBody(): void {
    const { batch, number } = this.#options
    if (!this.#isOver) batch.add({ type: 'pull', number })
  }

  cancelBody(): void {
    const { batch, number } = this.#options
    if (!this.#isOver) batch.add({ type: 'cancel', number })
  }

  noRetry(): void {
    const { batch, number } = this.#options
    if (!this.#isOver) batch.add({ type: 'no-retry', number })
  }

  threw(error: string): void {
    const { batch, number } = this.#options
    if (!this.#isOver && this.call !== undefined) batch.add({ type: 'threw', number, error })
  }

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    if (this.#isOver) return
    const { batch, number } = this.#options
    const size = headers.byteLength + body.byteLength
    if (isLarge(size) && !this.#held.add(size)) return this.#refuse()
    const [lines, bytes] = [batch.own(headers), batch.own(body)]
    batch.add({ type: 'send', number, status, headers: lines, body: bytes, cost: this.#cost })
    this.#isOver = true
    if (!isLarge(size)) this.#leave()
  }

  start(status: number, headers: Uint8Array): void {
    if (this.#isOver) return
    const { batch, number } = this.#options
    batch.add({ type: 'start', number, status, headers: batch.own(headers), cost: this.#cost })
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isOver) return true
    if (!this.#held.add(bytes.byteLength + QUEUED_COST)) {
      this.#refuse()
      return true
    }
    const { batch, number } = this.#options
    batch.add({ type: 'write', number, bytes: batch.own(bytes) })
    this.#isWaiting = this.#held.held >= WINDOW
    return !this.#isWaiting
  }

  finish(): void {
    if (this.#isOver) return
    const { batch, number } = this.#options
    batch.add({ type: 'finish', number, cost: this.#cost })
    this.#end()
  }

  fail(code: ErrorCode, retryMs?: number): void {
    if (this.#isOver) return
    const { batch, number } = this.#options
    batch.add({ type: 'fail', number, code, retryMs, cost: this.#cost })
    this.#end()
  }

  #upgrade(headers: Uint8Array, side: Side): void {
    if (this.#isOver) return side.closed(BROKEN)
    this.#isOver = true
    const { batch, number } = this.#options
    batch.add({ type: 'upgrade', number, headers: batch.own(headers), cost: this.#cost })
    this.#line = new LineWay({ number, isToHome: false, batch, onOver: () => this.#leave() })
    couple(this.#line, side)
  }

  get #cost(): Cost {
    const { cpuMs, isCold } = this.#listener
    return { cpuMs, isCold }
  }

  #took(bytes: number): void {
    if (this.#isOver) return this.#leave()
    this.#held.set(Math.max(0, this.#held.held - bytes))
    if (!this.#isWaiting || this.#held.held >= WINDOW) return
    this.#isWaiting = false
    this.#listener.writable()
  }

  #refuse(): void {
    const text = `${this.method} ${this.url}: APP_BUFFER_LIMIT: more data waits for slow clients than buffer_mb of the app allows`
    this.#options.taker.refused('APP_BUFFER_LIMIT', this.id, text)
    this.fail('APP_BUFFER_LIMIT')
    // not within the guest's write
    queueMicrotask(() => this.#listener.clientGone())
  }

  #end(): void {
    this.#isOver = true
    this.#leave()
  }

  #leave(): void {
    this.#held.release()
    this.#options.onOver()
  }
}
