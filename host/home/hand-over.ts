/**
 * A request that is handed over, on the shard where it arrived: as the ingress knows it, the tenant has it.
 *
 *     open  --send, finish, fail-->  over
 *           --upgrade-->  a WebSocket (line-way.ts)  --both of its sides are over-->  over
 *           --the client is gone-->  over: the home is told
 *           --the home is gone, `lost`-->  over: the client is told as if its own shard had gone
 *
 * What the client's connection does not take at once is on the app's byte budget of this shard (ingress/), and the home gets
 * its window back for it when the client has it: so there is never more than a window here of what a slow client asked for.
 */

import type { ObjectFacts } from '../instance/contract.ts'
import { QUEUED_COST } from '../limits/byte-budget.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { BROKEN, FAULT } from '../web-socket/line.ts'
import type { Batch } from './batch.ts'
import { LineWay } from './line-way.ts'
import type { Cost, FromHome, OfLine } from './messages.ts'

/** Bytes of an answer that may be on the way to the client, with what each piece costs. */
export const WINDOW = 128 * 1024

/** Whether so much of an answer that is given whole is charged to the home until it is here. */
export function isLarge(bytes: number): boolean {
  return bytes >= WINDOW / 2
}

export interface HandOverOptions {
  /** Of all that go to this home. */
  readonly number: number
  readonly batch: Batch
  /** Called once at most: it is a WebSocket, and is over with that. */
  onUpgraded(): void
  /** Called once, when nothing more comes from its home; `isLost`: that is gone. */
  onOver(isLost: boolean): void
}

export class HandOver implements ExchangeListener {
  cpuMs = 0
  isCold = false
  readonly #exchange: Exchange
  readonly #options: HandOverOptions
  /** Bytes that the client took since the home was told. */
  #taken = 0
  /** Bytes that wait for the client. */
  #waiting = 0
  #isOver = false
  #line: LineWay | undefined

  constructor(exchange: Exchange, options: HandOverOptions) {
    this.#exchange = exchange
    this.#options = options
  }

  get isWebSocket(): boolean {
    return this.#line !== undefined
  }

  /** Give it to the home, which runs this deployment. `object`: what of it, if it is for a Durable Object. */
  begin(deployment: number, object?: ObjectFacts): void {
    const { batch, number } = this.#options
    const {
      id,
      client,
      method,
      url,
      headers,
      hasBody,
      smallBody,
      tls,
      run,
      trace,
      call: made,
    } = this.#exchange
    const call = made?.message === undefined ? made : { ...made, message: batch.own(made.message) }
    const body = smallBody === undefined ? {} : { smallBody: batch.own(smallBody) }
    const head = { id, client, method, url, headers, hasBody, ...body, tls, run, call }
    const isUpgrade = this.#exchange.upgrade !== undefined
    batch.add({ type: 'request', number, deployment, object, head, isUpgrade, trace: trace?.context })
  }

  // the client's side

  bodyChunk(bytes: Uint8Array, isLast: boolean): void {
    if (this.#isOver) return
    const { batch, number } = this.#options
    batch.add({ type: 'chunk', number, bytes: batch.own(bytes), isLast })
  }

  bodyFailed(text: string): void {
    const { batch, number } = this.#options
    if (!this.#isOver) batch.add({ type: 'broken', number, text })
  }

  writable(): void {
    if (this.#isOver) return
    this.#taken += this.#waiting
    this.#waiting = 0
    this.#tellTaken()
  }

  clientGone(): void {
    if (this.#isOver || this.#line !== undefined) return
    const { batch, number } = this.#options
    batch.add({ type: 'gone', number })
    this.#end()
  }

  // the home's side

  hear(message: FromHome): void {
    const exchange = this.#exchange
    switch (message.type) {
      case 'pull':
        return exchange.pullBody()
      case 'cancel':
        return exchange.cancelBody()
      case 'no-retry':
        return exchange.noRetry?.()
      case 'threw':
        return exchange.threw?.(message.error)
      case 'start':
        this.#cost(message.cost)
        return exchange.start(message.status, message.headers)
      case 'upgrade':
        return this.#upgrade(message)
      case 'write':
        return this.#write(message.bytes)
      case 'send':
        return this.#send(message)
      case 'finish':
        this.#cost(message.cost)
        this.#end()
        return exchange.finish()
      case 'fail':
        this.#cost(message.cost)
        this.#end()
        return exchange.fail(message.code, message.retryMs)
    }
  }

  /** About the WebSocket that it has become. */
  hearLine(message: OfLine): void {
    this.#line?.hear(message)
  }

  /** The home is gone. */
  lost(): void {
    if (this.#isOver) return
    this.#end(true)
    if (this.#line !== undefined) return this.#line.lost(FAULT)
    this.#exchange.fail('SHUTTING_DOWN')
  }

  #send({ status, headers, body, cost }: FromHome & { type: 'send' }): void {
    const { batch, number } = this.#options
    const bytes = headers.byteLength + body.byteLength
    this.#cost(cost)
    this.#end()
    this.#exchange.send(status, headers, body)
    if (isLarge(bytes)) batch.add({ type: 'taken', number, bytes })
  }

  #upgrade({ headers, cost }: FromHome & { type: 'upgrade' }): void {
    const { batch, number } = this.#options
    this.#cost(cost)
    const line = new LineWay({ number, isToHome: true, batch, onOver: () => this.#end() })
    this.#line = line
    this.#options.onUpgraded()
    if (this.#exchange.upgrade === undefined) line.closed(BROKEN)
    else this.#exchange.upgrade(headers, line)
  }

  #write(bytes: Uint8Array): void {
    const size = bytes.byteLength + QUEUED_COST
    if (this.#exchange.write(bytes)) this.#taken += size
    else this.#waiting += size
    this.#tellTaken()
  }

  #tellTaken(): void {
    if (this.#taken < WINDOW / 2 || this.#isOver) return
    const { batch, number } = this.#options
    batch.add({ type: 'taken', number, bytes: this.#taken })
    this.#taken = 0
  }

  #cost({ cpuMs, isCold }: Cost): void {
    this.cpuMs = cpuMs
    this.isCold = isCold
  }

  #end(isLost = false): void {
    this.#isOver = true
    this.#options.onOver(isLost)
  }
}
