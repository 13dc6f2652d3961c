/**
 * One call from app to app, between the two: to the caller's binding it is a call to data that the callee answers, to the callee a
 * request whose client is the caller.
 *
 *     waiting  --send, start-->  answered  --finish, all of it is taken-->  over
 *              any  --fail, abort, the callee is gone-->  over
 *
 * Nothing is gathered here: a part of the caller's body goes when the callee asks for it, and what the callee writes before the
 * caller asks lies on the callee's byte budget, and makes it wait.
 */

import { toSentence, type ErrorCode } from '../errors.ts'
import { readGuestLines } from '../http/guest-lines.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import type { Call, RequestHead } from '../http/request-head.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import { ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import type { StorageHandle, StorageListener } from '../storage/client.ts'
import type { StorageFailure } from '../storage/failure.ts'
import { NOBODY, type Exchange, type ExchangeListener } from '../tenant/exchange.ts'
import type { Answerer } from './calls.ts'

/** The request as the callee gets it. */
export interface CallHead extends RequestHead {
  readonly call: Call
}

export interface GuestCallOptions {
  /** The name of the callee, for messages. */
  readonly called: string
  /** The beginning of a body of which more follows. */
  readonly first: Uint8Array
  /** The caller. */
  readonly listener: StorageListener
  /** The callee has taken so many more milliseconds of the processor. */
  readonly charge: (ms: number) => void
}

const NOTHING = new Uint8Array(0)

export class GuestCall implements Exchange, StorageHandle {
  readonly id: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly headers: string
  readonly hasBody: boolean
  readonly smallBody?: Uint8Array
  readonly call: Call
  readonly trace: RequestTrace | undefined
  readonly #options: GuestCallOptions
  #first: Uint8Array
  #callee: ExchangeListener = NOBODY
  #answerer: Answerer | undefined
  #held = new Holding(new ByteBudget(0))
  /** Written by the callee, and not asked for yet. */
  readonly #written: Uint8Array[] = []
  #state: 'waiting' | 'answered' | 'over' = 'waiting'
  /** The caller waits for a chunk. */
  #isPulled = false
  /** The callee has said all. */
  #isFinished = false
  /** The callee was told to wait. */
  #isFull = false
  #thrown: string | undefined
  #chargedMs = 0

  constructor(head: CallHead, options: GuestCallOptions) {
    this.id = head.id
    this.client = head.client
    this.method = head.method
    this.url = head.url
    this.headers = head.headers
    this.hasBody = head.hasBody
    if (head.smallBody !== undefined) this.smallBody = head.smallBody
    this.call = head.call
    this.trace = head.trace
    this.#options = options
    this.#first = options.first
  }

  /** Bring it to whoever answers; undefined: nobody does. */
  open(answerer: Answerer | undefined): void {
    if (this.#state === 'over') return
    if (answerer === undefined) {
      const message = `there is no app "${this.#options.called}" on this host; "services" in its configuration names it`
      return this.#fail({ name: 'Error', code: 'CALL_UNKNOWN', message })
    }
    this.#answerer = answerer
    this.#held = new Holding(answerer.buffers)
    this.#callee = answerer.handle(this)
  }

  // the caller's side

  pull(): void {
    if (this.#state !== 'answered') return
    this.#isPulled = true
    this.#flow()
  }

  push(bytes: Uint8Array, last: boolean): void {
    if (this.#state !== 'over') this.#callee.bodyChunk(bytes, last)
  }

  abort(): void {
    if (this.#state === 'over') return
    this.#end()
    this.#callee.clientGone()
  }

  // the callee's side

  pullBody(): void {
    if (this.#state === 'over') return
    const first = this.#first
    this.#first = NOTHING
    if (first.length > 0) this.#callee.bodyChunk(first, false)
    else this.#options.listener.onWant()
  }

  cancelBody(): void {
    this.#first = NOTHING
  }

  send(status: number, headers: Uint8Array, body: Uint8Array): void {
    const meta = this.#toMeta(status, headers)
    if (meta === undefined) return
    this.#end()
    this.#options.listener.onAnswer(meta, body, false)
  }

  start(status: number, headers: Uint8Array): void {
    const meta = this.#toMeta(status, headers)
    if (meta === undefined) return
    this.#state = 'answered'
    this.#options.listener.onAnswer(meta, NOTHING, true)
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'answered') return true
    if (!this.#held.add(bytes.length + QUEUED_COST)) {
      this.#refuse('APP_BUFFER_LIMIT', 'more waits for the caller than buffer_mb of the app allows')
      return true
    }
    this.#written.push(bytes)
    this.#flow()
    this.#isFull = this.#written.length > 0
    return !this.#isFull
  }

  finish(): void {
    this.#isFinished = true
    this.#flow()
  }

  threw(error: string): void {
    this.#thrown = error
  }

  fail(code: ErrorCode): void {
    const thrown = this.#thrown === undefined ? undefined : toThrown(this.#thrown)
    if (thrown !== undefined && code === 'APP_THREW') return this.#fail(thrown)
    if (thrown !== undefined && code === 'OBJECT_RESET') return this.#fail({ ...thrown, code })
    const message = `the app "${this.#options.called}" failed: ${toSentence(code)}`
    this.#fail({ name: 'Error', code, message })
  }

  /** What was written, if it is asked for. */
  #flow(): void {
    if (this.#state !== 'answered' || !this.#isPulled) return
    const bytes = this.#written.shift()
    if (bytes === undefined && !this.#isFinished) return
    this.#isPulled = false
    this.#pay()
    const isLast = this.#isFinished && this.#written.length === 0
    this.#held.add(bytes === undefined ? 0 : -bytes.length - QUEUED_COST)
    if (isLast) this.#end()
    this.#options.listener.onChunk(bytes ?? NOTHING, isLast)
    if (!this.#isFull || this.#written.length > 0) return
    this.#isFull = false
    this.#callee.writable()
  }

  /** Of an answer; undefined: the call is over, or the head is none. */
  #toMeta(status: number, bytes: Uint8Array): string | undefined {
    if (this.#state !== 'waiting') return undefined
    this.#pay()
    if (this.call.message !== undefined) return 'null'
    const lines = readGuestLines(new TextDecoder().decode(bytes))
    if (typeof lines === 'string') {
      this.#refuse('APP_BAD_RESPONSE', lines)
      return undefined
    }
    let headers = ''
    for (let i = 0; i + 1 < lines.headers.length; i += 2) {
      const name = lines.headers[i]!.toLowerCase()
      // what is read says how long it is
      if (name !== 'content-length') headers += toHeaderLines(name, lines.headers[i + 1]!)
    }
    return JSON.stringify({ status, statusText: lines.others.get(':reason') ?? '', headers })
  }

  /** What the callee says cannot be had. */
  #refuse(code: ErrorCode, why: string): void {
    this.#answerer?.refused(code, this.id, `${this.method} ${this.url}: ${code}: ${why}`)
    this.fail(code)
    // not within what the callee says
    queueMicrotask(() => this.#callee.clientGone())
  }

  #fail(failure: StorageFailure): void {
    if (this.#state === 'over') return
    this.#end()
    this.#options.listener.onFailed(failure)
  }

  /** What the callee has taken since the last time. */
  #pay(): void {
    const { cpuMs } = this.#callee
    if (cpuMs > this.#chargedMs) this.#options.charge(cpuMs - this.#chargedMs)
    this.#chargedMs = cpuMs
  }

  #end(): void {
    this.#pay()
    this.#state = 'over'
    this.#held.release()
    this.#written.length = 0
    this.#first = NOTHING
  }
}

/** Name, LF, message. */
function toThrown(text: string): StorageFailure {
  const at = text.indexOf('\n')
  return { name: text.slice(0, at), code: '', message: text.slice(at + 1) }
}
