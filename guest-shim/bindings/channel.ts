/**
 * The two ends of a conversation between guests: messages as bytes in the two bodies of one call. What is not taken at once waits
 * here, and the host is asked for what comes when something is waited for, so that a guest that waits for nothing is known for one.
 */

import type { DataAnswer, DataFailure } from 'nano:workers/data'
import type { BodyChunk } from 'nano:workers/wire'
import { type Bytes, toOwn } from '../globals/buffer-source.ts'
import { isHeld } from './background.ts'
import { abortCall, type CallEvents, closeCall, openCall, pullCall, toError, writeCall } from './data.ts'
import { closeBody, listenToBody, pullBody } from './request-body.ts'
import { finishAnswer, type HandlerCall, open, sendAnswer, startAnswer, writeAnswer } from './response.ts'

/** What is heard of the other end. */
export interface Listener {
  hear(bytes: Bytes): void
  /** Nothing more comes; `error`: more was to. */
  over(error?: unknown): void
}

const OK = 200
const EMPTY: Bytes = new Uint8Array(0)

/** One end. */
export abstract class Channel {
  protected isOver = false
  #waiting: Bytes[] = []
  #isFull = false
  #isExpected = false
  #isPulled = false

  /** `isLast`: nothing comes after it, and nothing is heard any more. */
  send(bytes: Bytes, isLast: boolean): void {
    if (this.isOver) return
    if (isLast) this.sendLast(bytes, this.#waiting)
    else if (this.#isFull) this.#waiting[this.#waiting.length] = bytes
    else this.#isFull = !this.write(bytes)
  }

  /** Whether something is waited for. */
  expect(isExpected: boolean): void {
    this.#isExpected = isExpected
    if (!isExpected || this.#isPulled || !this.isReady || this.isOver) return
    this.#isPulled = true
    this.pull()
  }

  /** Nothing is left. */
  abstract end(): void

  /** What was asked for is here. */
  protected came(): void {
    this.#isPulled = false
  }

  protected goOn(): void {
    this.expect(this.#isExpected)
  }

  /** Bytes are taken again. */
  protected flow(): void {
    const waiting = this.#waiting
    this.#isFull = false
    let at = 0
    while (!this.#isFull && at < waiting.length) this.#isFull = !this.write(waiting[at++] as Bytes)
    this.#waiting = waiting.slice(at)
  }

  /** The host can be asked. */
  protected abstract get isReady(): boolean
  /** False: `flow` is called when bytes are taken again. */
  protected abstract write(bytes: Bytes): boolean
  /** `before`: what was not taken yet. */
  protected abstract sendLast(bytes: Bytes, before: readonly Bytes[]): void
  protected abstract pull(): void
}

/** The end of whoever calls: the first message makes the call. */
export class CallerChannel extends Channel implements CallEvents {
  readonly #listener: Listener
  readonly #begin: (id: number, message: Bytes) => void
  #id = 0
  #isAnswered = false

  constructor(listener: Listener, begin: (id: number, message: Bytes) => void) {
    super()
    this.#listener = listener
    this.#begin = begin
  }

  end(): void {
    if (this.isOver) return
    this.isOver = true
    if (this.#id === 0) return
    closeCall(this.#id)
    abortCall(this.#id)
  }

  answer({ body, hasMore }: DataAnswer): void {
    this.#isAnswered = true
    this.#hear(body, !hasMore)
  }

  take({ bytes, last }: BodyChunk): void {
    this.came()
    this.#hear(bytes, last)
  }

  lose(failure: DataFailure): void {
    this.isOver = true
    closeCall(this.#id)
    this.#listener.over(toError(failure))
  }

  resume(): void {
    if (!this.isOver) this.flow()
  }

  protected get isReady(): boolean {
    return this.#isAnswered
  }

  protected write(bytes: Bytes): boolean {
    if (this.#id !== 0) return writeCall(this.#id, bytes)
    this.#id = openCall(this)
    this.#begin(this.#id, bytes)
    return true
  }

  protected sendLast(): void {
    this.end()
  }

  protected pull(): void {
    pullCall(this.#id)
  }

  #hear(bytes: Uint8Array, isLast: boolean): void {
    if (this.isOver) return
    if (isLast) {
      this.isOver = true
      closeCall(this.#id)
    }
    if (bytes.length > 0) this.#listener.hear(toOwn(bytes))
    if (isLast) this.#listener.over()
    else this.goOn()
  }
}

/** The end of whoever is called: its answer is what it says. */
export class CalleeChannel extends Channel {
  readonly #call: HandlerCall
  #isStarted = false

  constructor(call: HandlerCall, listener: Listener) {
    super()
    this.#call = call
    const { id } = call
    call.cancelStream = (reason) => {
      this.#close()
      listener.over(reason)
    }
    listenToBody(id, {
      take: ({ bytes, last }) => {
        this.came()
        if (bytes.length > 0) listener.hear(toOwn(bytes))
        if (!last) this.goOn()
      },
      fail: () => {},
    })
    open.set(id, call)
  }

  end(): void {
    this.sendLast(EMPTY, [])
  }

  protected get isReady(): boolean {
    return true
  }

  protected write(bytes: Bytes): boolean {
    const { id } = this.#call
    if (!this.#isStarted) startAnswer(id, OK, EMPTY)
    this.#isStarted = true
    const takesMore = writeAnswer(id, bytes)
    this.#call.onRoom = takesMore ? undefined : () => this.flow()
    return takesMore
  }

  protected sendLast(bytes: Bytes, before: readonly Bytes[]): void {
    if (this.isOver) return
    const { id } = this.#call
    if (this.#isStarted) {
      for (let i = 0; i < before.length; i++) writeAnswer(id, before[i] as Bytes)
      writeAnswer(id, bytes)
      finishAnswer(id)
    } else sendAnswer(id, OK, EMPTY, bytes)
    this.#close()
  }

  protected pull(): void {
    pullBody(this.#call.id)
  }

  #close(): void {
    if (this.isOver) return
    this.isOver = true
    const { id } = this.#call
    this.#call.isOver = true
    open.delete(id)
    if (!isHeld(id)) closeBody(id)
  }
}
