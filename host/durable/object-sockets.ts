/**
 * The WebSockets that a Durable Object keeps (hibernation): they are the object's, and stay when its instance goes for want of work.
 *
 *     kept  --it ends-->  ending: the object is told  --told-->  gone
 *     kept, ending  --the object ends, its instance falls-->  gone, and the other side is told
 *
 *     a message  >  the auto-response? answered here  >  turns by clients  >  a run of the object's, which is made for it if need be
 *
 * One message of a WebSocket at a time is on its way, until the object has begun with it: so they come in order, and who writes
 * faster than the object reads is held up. What cannot be brought to the object ends its WebSocket with 1013.
 */

import type { AutoResponse, KeptSockets } from '../bindings/hibernation.ts'
import { MessageTurns } from '../bindings/message-turns.ts'
import type { SideOwner, Waiting, WebSocketSide } from '../bindings/web-socket-side.ts'
import type { ErrorCode } from '../errors.ts'
import type { KeptRun } from '../http/request-head.ts'
import { RunExchange } from '../tenant/run.ts'
import type { ExchangeListener } from '../tenant/exchange.ts'
import type { LineEnd } from '../web-socket/line.ts'
import type { AutoAnswers } from './auto-answers.ts'

/** The object. */
export interface SocketsObject {
  /** Names a run in the log. */
  toId(): string
  /** Undefined: there is no room for an instance; `goOn` is called when there may be. */
  bring(exchange: RunExchange): ExchangeListener | undefined
  /** There is one no more. */
  onLeft(): void
  refused(code: ErrorCode, request: string, text: string): void
}

interface Kept {
  readonly side: WebSocketSide
  readonly tags: readonly string[]
  attachment: Uint8Array | undefined
  answeredAt: number
  /** Of the run that is on its way. */
  abort: (() => void) | undefined
}

const TRY_AGAIN_LATER: LineEnd = { code: 1013, reason: '' }
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class ObjectSockets implements KeptSockets, SideOwner {
  lastId = 0
  eventTimeoutMs = 0
  readonly #object: SocketsObject
  readonly #answers: AutoAnswers
  /** By id, the oldest first. */
  readonly #kept = new Map<number, Kept>()
  readonly #turns = new MessageTurns<WebSocketSide>()
  #pass: ((act: () => void) => void) | undefined
  #auto: (AutoResponse & { readonly bytes: Uint8Array }) | undefined

  constructor(object: SocketsObject, answers: AutoAnswers) {
    this.#object = object
    this.#answers = answers
  }

  get size(): number {
    return this.#kept.size
  }

  // what the object says

  get autoResponse(): AutoResponse | undefined {
    return this.#auto
  }

  set autoResponse(pair: AutoResponse | undefined) {
    this.#auto = pair && { ...pair, bytes: encoder.encode(pair.response) }
  }

  find(id: number): WebSocketSide | undefined {
    return this.#kept.get(id)?.side
  }

  keep(side: WebSocketSide, tags: readonly string[]): void {
    this.lastId = Math.max(this.lastId, side.id)
    this.#kept.set(side.id, { side, tags, attachment: undefined, answeredAt: 0, abort: undefined })
    side.moveTo(this)
    if (side.hasWaiting) this.onWaiting(side)
  }

  *list(tag: string | undefined): Iterable<WebSocketSide> {
    for (const { side, tags } of this.#kept.values()) if (tag === undefined || tags.includes(tag)) yield side
  }

  tagsOf(id: number): readonly string[] | undefined {
    return this.#kept.get(id)?.tags
  }

  attach(id: number, value: Uint8Array): boolean {
    const kept = this.#kept.get(id)
    if (kept?.side.keepBeside(value.length) !== true) return false
    kept.attachment = value
    return true
  }

  attachmentOf(id: number): Uint8Array | undefined {
    return this.#kept.get(id)?.attachment
  }

  answeredAt(id: number): number | undefined {
    return this.#kept.get(id)?.answeredAt
  }

  enter(pass: (act: () => void) => void): void {
    this.#pass = pass
  }

  rest(): void {
    for (const { side } of this.#kept.values()) if (!side.isGiven) this.#drop(side)
  }

  // the sides

  pass(act: () => void): void {
    if (this.#pass === undefined) act()
    else this.#pass(act)
  }

  onWaiting(side: WebSocketSide): void {
    if (side.posted !== undefined || !this.#kept.has(side.id)) return
    if (this.#isAuto(side)) return this.#answers.add(side, this)
    this.#turns.add(side)
    this.#post()
  }

  /** What comes next of a side is answered by the host. Whether there is more of that. */
  answer(side: WebSocketSide): boolean {
    const kept = this.#kept.get(side.id)
    if (kept === undefined) return false
    if (this.#isAuto(side)) {
      side.post()
      kept.answeredAt = Date.now()
      side.send({ isText: true, bytes: this.#auto!.bytes })
      side.act()
      side.delivered()
      if (this.#isAuto(side)) return true
    }
    if (side.hasWaiting) this.onWaiting(side)
    return false
  }

  // the object

  /** What waits for it goes on its way. */
  goOn(): void {
    this.#post()
  }

  /** The instance is gone that had them, and has nothing to do. */
  leave(): void {
    this.#pass = undefined
  }

  /** All of them are over. */
  end(end: LineEnd): void {
    for (const { side, abort } of this.#kept.values()) {
      abort?.()
      this.#turns.delete(side)
      side.end(end)
    }
    this.#kept.clear()
    this.#pass = undefined
  }

  #isAuto({ next }: WebSocketSide): boolean {
    const auto = this.#auto
    return auto !== undefined && next?.isText === true && decoder.decode(next.bytes) === auto.request
  }

  #post(): void {
    for (let side = this.#turns.take(); side !== undefined; side = this.#turns.take()) {
      const waiting = side.post()
      if (waiting === undefined) this.#turns.delivered()
      else if (!this.#bring(side, waiting)) return
    }
  }

  /** False: not now. */
  #bring(side: WebSocketSide, waiting: Waiting): boolean {
    const kept = this.#kept.get(side.id)!
    const { id } = side
    const isEnd = !('bytes' in waiting)
    const run: KeptRun = { kept: { webSocket: id, ...waiting } }
    let isBegun = false
    const exchange = new RunExchange(this.#object.toId(), run, {
      client: side.client,
      onBegun: () => {
        isBegun = true
        this.#begun(kept, isEnd)
      },
    })
    const listener = this.#object.bring(exchange)
    if (listener === undefined) {
      side.putBack()
      this.#turns.delivered()
      this.#turns.add(side)
      return false
    }
    kept.abort = () => {
      exchange.fail('APP_REPLACED')
      listener.clientGone()
    }
    void this.#settle(kept, exchange, { isEnd, listener, hasBegun: () => isBegun })
    return true
  }

  /** The next one may come. */
  #begun(kept: Kept, isEnd: boolean): void {
    kept.abort = undefined
    this.#turns.delivered()
    if (!isEnd && this.#kept.has(kept.side.id)) {
      kept.side.delivered()
      if (kept.side.hasWaiting) this.onWaiting(kept.side)
    }
    this.#post()
  }

  async #settle(
    kept: Kept,
    exchange: RunExchange,
    run: { isEnd: boolean; listener: ExchangeListener; hasBegun: () => boolean },
  ): Promise<void> {
    const { side } = kept
    const timer = this.eventTimeoutMs > 0 ? this.#limit(exchange, run.listener) : undefined
    await exchange.ended.promise
    clearTimeout(timer)
    if (!run.hasBegun()) this.#turns.delivered()
    if (this.#kept.get(side.id) !== kept) return
    if (!run.hasBegun() || run.isEnd) this.#drop(side)
  }

  #limit(exchange: RunExchange, listener: ExchangeListener): NodeJS.Timeout {
    const ms = this.eventTimeoutMs
    return setTimeout(() => {
      const text = `a message of a WebSocket: APP_TIMEOUT: not done within ${ms} ms (setHibernatableWebSocketEventTimeout)`
      this.#object.refused('APP_TIMEOUT', exchange.id, text)
      exchange.fail('APP_TIMEOUT')
      listener.clientGone()
    }, ms)
  }

  /** It is gone; the other side, if there is one yet, may come again. */
  #drop(side: WebSocketSide): void {
    this.#kept.delete(side.id)
    this.#turns.delete(side)
    side.end(TRY_AGAIN_LATER)
    this.#object.onLeft()
    this.#post()
  }
}
