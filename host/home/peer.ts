/**
 * Another shard, as this one talks to it: what was handed over to it, and what it has handed over.
 *
 *     open  --leave, its bye-->  leaving: nothing new goes either way, what was handed over goes on
 *     open, leaving  --the port closes: the shard is gone-->  gone: what was handed over fails, what it handed over is off
 *
 * Both shards say bye, the second one when it hears it. A shard that has it of all others gets no more requests from them.
 */

import { MessagePort, receiveMessageOnPort } from 'node:worker_threads'

import type { RequestHead } from '../http/request-head.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { TraceContext } from '../http/trace-context.ts'
import { NumberTable } from '../limits/number-table.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Batch } from './batch.ts'
import type { Way } from './batch.ts'
import { HandedOver } from './handed-over.ts'
import type { Taker } from './handed-over.ts'
import { HandOver } from './hand-over.ts'
import type { Between, FromHome, ToHome } from './messages.ts'

/** A port to another shard, or a link to one of another host. */
export interface PeerPort extends Way {
  on(event: 'message', hear: (messages: readonly Between[]) => void): unknown
  once(event: 'close', hear: () => void): unknown
  unref(): void
  close(): void
}

/** What a peer asks of its shard. */
export interface PeerHost {
  /** Who takes a request for a deployment; undefined: it is not served any more. */
  take(
    deployment: number,
    object: ObjectFacts | undefined,
    head: Omit<RequestHead, 'trace'>,
  ): Taker | undefined
  /** This shard's part of a trace. */
  join(trace: TraceContext | undefined): RequestTrace | undefined
  /** It takes nothing new from here on. */
  onLeaving(peer: Peer): void
  /** It has said bye, or is gone: nothing new comes from it. */
  onLeft(peer: Peer): void
}

/** Who hands a request over. */
export interface Hander {
  readonly deployment: number
  /** The Durable Object that it is for; undefined: for the app. */
  readonly object?: ObjectFacts
  /** It is a WebSocket from here on, which is over later. */
  onUpgraded?(): void
  /** It is over, and has taken so much in the guest. */
  onOver(cpuMs: number, wasWebSocket: boolean): void
  /** Its home is gone. */
  onLost(exchange: Exchange, wasWebSocket: boolean): void
}

export class Peer {
  readonly #port: PeerPort
  readonly #host: PeerHost
  readonly #batch: Batch
  /** What was handed over to it, and what it has handed over. */
  readonly #out = new NumberTable<HandOver>()
  readonly #in = new NumberTable<HandedOver>()
  #last = 0
  #hasSaidBye = false
  #isOver = false

  constructor(port: PeerPort, host: PeerHost) {
    this.#port = port
    this.#host = host
    this.#batch = new Batch(port)
    port.on('message', this.#hear)
    port.once('close', () => this.#close())
    // it keeps no thread
    port.unref()
  }

  /** Requests under way between the two. */
  get open(): number {
    return this.#out.size + this.#in.size
  }

  handOver(exchange: Exchange, hander: Hander): ExchangeListener {
    const number = ++this.#last
    const handOver: HandOver = new HandOver(exchange, {
      number,
      batch: this.#batch,
      onUpgraded: () => hander.onUpgraded?.(),
      onOver: (isLost) => {
        this.#out.delete(number)
        if (isLost) hander.onLost(exchange, handOver.isWebSocket)
        else hander.onOver(handOver.cpuMs, handOver.isWebSocket)
      },
    })
    this.#out.set(number, handOver)
    handOver.begin(hander.deployment, hander.object)
    return handOver
  }

  /** What was said goes out before anything that is said elsewhere from here on. */
  flush(): void {
    this.#batch.flush()
  }

  /** Hear what was said up to now. */
  receive(): void {
    if (!(this.#port instanceof MessagePort)) return
    for (;;) {
      const received = receiveMessageOnPort(this.#port)
      if (received === undefined) return
      this.#hear(received.message)
    }
  }

  /** Nothing new goes either way. */
  leave(): void {
    if (this.#hasSaidBye || this.#isOver) return
    this.#hasSaidBye = true
    this.#batch.add({ type: 'bye' })
    this.#host.onLeaving(this)
  }

  /** The shard ends. */
  close(): void {
    this.#batch.flush()
    this.#port.close()
  }

  readonly #hear = (messages: readonly Between[]): void => {
    for (const message of messages) this.#hearOne(message)
  }

  #hearOne(message: Between): void {
    switch (message.type) {
      case 'bye':
        this.leave()
        return this.#host.onLeft(this)
      case 'line-message':
      case 'line-taken':
      case 'line-closed': {
        const requests: Pick<NumberTable<HandOver | HandedOver>, 'get'> = message.isToHome
          ? this.#in
          : this.#out
        for (const number of message.numbers) requests.get(number)?.hearLine(message)
        return
      }
      case 'request':
        return this.#open(message)
      case 'chunk':
      case 'broken':
      case 'taken':
      case 'gone':
        return this.#in.get(message.number)?.hear(message)
      default:
        return this.#out.get(message.number)?.hear(message satisfies FromHome)
    }
  }

  #open({ number, deployment, object, head, isUpgrade, trace }: ToHome & { type: 'request' }): void {
    const taker = this.#host.take(deployment, object, head)
    if (taker === undefined) return this.#refuse(number)
    const handed = new HandedOver(head, {
      number,
      batch: this.#batch,
      taker,
      isUpgrade,
      trace: this.#host.join(trace),
      onOver: () => void this.#in.delete(number),
    })
    this.#in.set(number, handed)
    handed.open()
  }

  /** The version is gone: its requests were to be over. */
  #refuse(number: number): void {
    const cost = { cpuMs: NOBODY.cpuMs, isCold: NOBODY.isCold }
    this.#batch.add({ type: 'fail', number, code: 'APP_REPLACED', retryMs: undefined, cost })
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#host.onLeaving(this)
    this.#host.onLeft(this)
    for (const handOver of this.#out.values()) handOver.lost()
    for (const handed of this.#in.values()) handed.gone()
  }
}
