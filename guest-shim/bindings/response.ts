/**
 * Answering a client. A body that is whole goes out in one crossing with its head; a stream goes at the pace that
 * the host allows.
 */

import { type Event, fail, finish, send, start, write } from 'nano:workers/response'
import { encode, makeTable, NativePromise } from '../globals/primordials.ts'
import type { Incoming } from '../globals/request.ts'
import type { Body } from '../globals/body.ts'
import { webSockets } from '../globals/web-socket-part.ts'
import { isResponse, partsOf, type Response, type ResponseParts } from '../globals/response.ts'
import type { WebSocket } from '../lazy/web-socket.ts'
import { CompressionStream } from '../globals/compression.ts'
import { cancel, pipeThrough, type ReadableStream } from '../globals/streams.ts'
import { ignore, pump, type Sink } from '../turn/pump.ts'
import { describeError, inspect } from '../globals/log-text.ts'
import type { GuestBinding } from './binding.ts'

/** One call of the fetch handler: the request that it is for, and how far its answer is. */
export interface HandlerCall extends Incoming {
  /** Nothing more can be sent. */
  isOver?: boolean
  /** How to end the stream that is being sent. */
  cancelStream?: (reason: unknown) => void
  /** Who waits for the client to read on. */
  onRoom?: (() => void) | undefined
  /** Whoever calls is told what was thrown. */
  onThrew?: (error: unknown) => void
}

export { finish as finishAnswer, send as sendAnswer, start as startAnswer, write as writeAnswer }

/** Calls that were not over in the turn that they began in, by request. */
export const open = makeTable<number, HandlerCall>()

/** Of a response that has a WebSocket, and of no other. */
const UPGRADED = 101
const EMPTY = new Uint8Array(0)
const USED =
  'the fetch handler returned a Response whose body is used already. Return response.clone() where it is used first.'

/** Answers when that takes no waiting. Returns whether the call is over. */
export function answerAtOnce(call: HandlerCall, response: Response): boolean {
  const parts = partsOf(response)
  if (parts.status === UPGRADED) return upgrade(call, parts.webSocket as WebSocket, parts)
  const bytes =
    parts.isError || (parts.list !== undefined && parts.isPackable) ? undefined : parts.takeWhole()
  if (bytes === undefined) return false
  send(call.id, parts.status, parts.toHead(), bytes)
  call.isOver = true
  return true
}

/** The client gets the end of the WebSocket. Throws when it cannot be given away. */
function upgrade(call: HandlerCall, webSocket: WebSocket, parts: ResponseParts): true {
  const id = webSockets().leave(webSocket)
  send(call.id, parts.status, encode(`:web-socket\n${id}\n${parts.toList().toLines()}`), EMPTY)
  call.isOver = true
  return true
}

/** Answers with whatever the handler returned. */
export async function answer(call: HandlerCall, value: unknown): Promise<void> {
  if (call.isOver) return
  if (!isResponse(value)) return answerError(call, `NonResponse: ${describeNonResponse(value)}`)
  const parts = partsOf(value)
  if (parts.isError) return answerError(call, 'NonResponse: Response.error() cannot be sent to a client.')
  if (answerAtOnce(call, value)) return
  const body = parts.body as Body
  if (body.isUnusable) return answerError(call, `NonResponse: ${USED}`)
  const plain = body.takeStream()
  const stream = parts.isPackable ? pack(plain) : plain
  const { status } = parts
  const head = parts.toHead()
  if (call.method === 'HEAD') {
    send(call.id, status, head, EMPTY)
    call.isOver = true
    return await ignore(cancel(stream, 'a HEAD request has no body'))
  }
  await pump(stream, new ResponseSink(call, status, head))
}

const pack = (stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> =>
  pipeThrough<Uint8Array>(stream, new CompressionStream('gzip'))

/** The handler failed, with this name, message and stack. */
export function answerError(call: HandlerCall, error: string): void {
  if (call.isOver) return
  call.isOver = true
  fail(call.id, encode(error))
}

/** The handler, or the stream that it answered with, threw. */
export function answerThrown(call: HandlerCall, error: unknown): void {
  if (!call.isOver) call.onThrew?.(error)
  answerError(call, describeError(error))
}

class ResponseSink implements Sink {
  readonly #call: HandlerCall
  readonly #status: number
  readonly #head: Uint8Array

  constructor(call: HandlerCall, status: number, head: Uint8Array) {
    this.#call = call
    this.#status = status
    this.#head = head
  }

  whole(bytes: Uint8Array): void {
    send(this.#call.id, this.#status, this.#head, bytes)
    this.#call.isOver = true
  }

  start(first: Uint8Array): boolean {
    start(this.#call.id, this.#status, this.#head)
    return first.length === 0 || this.write(first)
  }

  write(bytes: Uint8Array): boolean {
    return write(this.#call.id, bytes)
  }

  finish(): void {
    finish(this.#call.id)
    this.#call.isOver = true
  }

  fail(error: unknown): void {
    answerThrown(this.#call, error)
  }

  waitForRoom(): Promise<void> {
    return new NativePromise((resolve) => {
      this.#call.onRoom = resolve
    })
  }

  isGone(): boolean {
    return this.#call.isOver === true
  }

  onOpen(cancel: (reason: unknown) => void): void {
    this.#call.cancelStream = cancel
  }
}

function describeNonResponse(value: unknown): string {
  const got = value === undefined ? 'undefined' : inspect(value, { depth: 1 })
  const hint = value === undefined ? ' Is a return missing?' : ''
  return `the fetch handler returned ${got} instead of a Response.${hint}`
}

/** The client reads on. */
function resume(id: number): void {
  const exchange = open.get(id)
  const onRoom = exchange?.onRoom
  if (!exchange || !onRoom) return
  exchange.onRoom = undefined
  onRoom()
}

export const binding: GuestBinding<Event> = { events: { 'response-writable': resume } }
