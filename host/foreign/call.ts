/**
 * One request of a client through a process with a component from elsewhere: between what the ingress says and frames.
 *
 *     waiting  --begin-->  begun  --head-->  answering  --end, and done-->  over
 *        any  --fail, the client goes, the process goes-->  over
 *
 * Holds: the exchange hears of one end. A process that is still at work when nobody waits for it any more has
 * `background_ms`, and is killed then.
 */

import type { GuestSocket } from '../config/foreign-settings.ts'
import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import { nextLoop } from '../http/cdn-loop.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'
import type { Dialer } from '../bindings/dialer.ts'
import type { EgressDenied } from '../egress/connect.ts'
import { Link } from '../limits/chain.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Fetches } from './fetches.ts'
import {
  type Frame,
  FROM_GUEST,
  type RequestFrame,
  type ResponseFrame,
  toU32,
  TO_GUEST,
  WINDOW_BYTES,
} from './frame.ts'
import { toPairs } from './pairs.ts'
import type { ForeignProcess, RequestListener } from './process.ts'
import { Sockets } from './sockets.ts'

/** The most of a body that is said at once. */
const MOST_CHUNK = 256 * 1024
const BAD_HEAD = /[\n\r\0]/

export interface CallPort {
  readonly limits: Limits
  readonly dialer: Dialer
  /** Where its connections may lead to. */
  readonly sockets: readonly GuestSocket[]
  /** It failed; before the exchange hears of it. `text`: what is known of it. */
  onFailed(call: ForeignCall, code: ErrorCode, text?: string): void
  /** It makes a fetch, or a connection. */
  onFetch(): void
  onDenied(denied: EgressDenied): void
  onLimit(call: ForeignCall): void
  /** Nothing is left of it: called once, last. */
  onOver(call: ForeignCall): void
}

export class ForeignCall extends Link implements ExchangeListener, RequestListener {
  readonly exchange: Exchange
  readonly since = performance.now()
  isCold = false
  /** A process ended on its account. */
  wasStopped = false
  cpuMs = 0
  readonly #port: CallPort
  readonly #id: number
  #state: 'waiting' | 'begun' | 'answering' | 'over' = 'waiting'
  #process: ForeignProcess | undefined
  #fetches: Fetches | undefined
  #sockets: Sockets | undefined
  /** Fetches and connections that it has made. */
  #made = 0
  #timer: NodeJS.Timeout
  /** The exchange has heard its end. */
  #isAnswered = false
  /** Taken by the host, and not by the client. */
  #held = 0
  /** Of the response, on its way. */
  #window = WINDOW_BYTES

  constructor(id: number, exchange: Exchange, port: CallPort) {
    super()
    this.#id = id
    this.exchange = exchange
    this.#port = port
    this.#timer = setTimeout(() => this.#expire(), port.limits.timeoutMs)
  }

  get client(): string {
    return this.exchange.client
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** A process has it now. */
  begin(process: ForeignProcess): void {
    const { exchange } = this
    const { dialer, limits, sockets } = this.#port
    this.#state = 'begun'
    this.#process = process
    const services = {
      dialer,
      admit: () => this.#admit(),
      say: (kind: number, id: number, payload?: Uint8Array | string) => process.say(kind, id, payload),
      onDenied: (denied: EgressDenied) => this.#port.onDenied(denied),
    }
    const loop = nextLoop(exchange.headers)
    this.#fetches = new Fetches({ ...services, loop, mostOpen: limits.concurrentSubrequests })
    this.#sockets = new Sockets({ ...services, sockets })
    process.serve(this)
    process.say(TO_GUEST.request, this.#id, JSON.stringify(toRequest(exchange)))
    if (!exchange.hasBody) process.say(TO_GUEST.bodyEnd, this.#id)
    else if (exchange.smallBody !== undefined) this.bodyChunk(exchange.smallBody, true)
  }

  /** It is not begun, or has no head. */
  fail(code: ErrorCode, retryMs?: number, text?: string): void {
    if (this.#state === 'over') return
    if (!this.#isAnswered) {
      this.#port.onFailed(this, code, text)
      this.#isAnswered = true
      this.exchange.fail(code, retryMs)
    }
    if (this.#process === undefined) this.#finish()
  }

  /** The process goes, with the request. */
  cut(code: ErrorCode): void {
    this.fail(code)
    this.#process?.kill(code)
  }

  // of the client

  bodyChunk(bytes: Uint8Array, last: boolean): void {
    for (let at = 0; at < bytes.length; at += MOST_CHUNK) {
      this.#process?.say(TO_GUEST.body, this.#id, bytes.subarray(at, at + MOST_CHUNK))
    }
    if (last) this.#process?.say(TO_GUEST.bodyEnd, this.#id)
  }

  bodyFailed(message: string): void {
    this.#process?.say(TO_GUEST.bodyFailed, this.#id, message)
  }

  writable(): void {
    const held = this.#held
    this.#held = 0
    this.#giveRoom(held)
  }

  clientGone(): void {
    if (this.#state === 'over') return
    this.#isAnswered = true
    if (this.#process === undefined) return this.#finish()
    this.#process.say(TO_GUEST.gone, this.#id)
    this.#allowBackground()
  }

  // of the process

  frame(frame: Frame): void {
    const { kind, payload } = frame
    if (this.#sockets?.take(frame) === true || this.#fetches?.take(frame) === true) return
    if (kind === FROM_GUEST.done) return this.#done()
    if (kind === FROM_GUEST.pull) return this.#pullBody()
    if (kind === FROM_GUEST.head) this.#start(payload)
    else if (kind === FROM_GUEST.chunk) this.#write(payload)
    else if (kind === FROM_GUEST.end) this.#endResponse()
    else if (kind === FROM_GUEST.fail) this.#failResponse(payload)
  }

  lost(code: ErrorCode): void {
    this.cpuMs = this.#process?.lastCpuMs ?? 0
    this.wasStopped = code === 'APP_CPU_LIMIT' || code === 'APP_MEMORY_LIMIT' || code === 'APP_TRAPPED'
    this.fail(code)
    this.#finish()
  }

  #admit(): boolean {
    this.#port.onFetch()
    if (++this.#made <= this.#port.limits.subrequests) return true
    this.#port.onLimit(this)
    return false
  }

  #pullBody(): void {
    if (this.exchange.hasBody && this.exchange.smallBody === undefined) this.exchange.pullBody()
  }

  #start(payload: Buffer): void {
    if (this.#state !== 'begun' || this.#isAnswered) return
    const head = parseHead(payload)
    if (typeof head === 'string') return this.#spoil(head)
    this.#state = 'answering'
    this.#setIdle()
    this.exchange.start(head.status, head.lines)
  }

  #write(payload: Buffer): void {
    this.#window -= payload.length
    // it was told how much there is room for
    if (this.#window < 0) return this.#spoil('it sends more than there is room for')
    if (this.#state !== 'answering' || this.#isAnswered) return this.#giveRoom(payload.length)
    this.#setIdle()
    if (this.exchange.write(new Uint8Array(payload))) this.#giveRoom(payload.length)
    else this.#held += payload.length
  }

  #endResponse(): void {
    if (this.#state !== 'answering' || this.#isAnswered) return
    this.#isAnswered = true
    this.exchange.finish()
    this.#allowBackground()
  }

  #failResponse(payload: Buffer): void {
    this.fail(
      'APP_THREW',
      undefined,
      `the component gave up its response: ${payload.toString().slice(0, 300)}`,
    )
  }

  /** It is done, whatever it has answered. */
  #done(): void {
    this.cpuMs = this.#process?.lastCpuMs ?? 0
    this.fail('APP_HUNG', undefined, 'the component came to its end without a response')
    this.#finish()
  }

  #spoil(text: string): void {
    this.fail('APP_BAD_RESPONSE', undefined, text)
    this.#process?.kill('APP_BAD_RESPONSE')
  }

  #giveRoom(bytes: number): void {
    if (bytes === 0) return
    this.#window += bytes
    this.#process?.say(TO_GUEST.room, this.#id, toU32(bytes))
  }

  #expire(): void {
    this.cut(this.#process === undefined ? 'APP_BUSY' : 'APP_TIMEOUT')
  }

  /** Between two chunks. */
  #setIdle(): void {
    clearTimeout(this.#timer)
    const { idleMs } = this.#port.limits
    this.#timer = setTimeout(() => (this.#held > 0 ? this.#setIdle() : this.cut('APP_IDLE')), idleMs)
  }

  #allowBackground(): void {
    clearTimeout(this.#timer)
    const { backgroundMs } = this.#port.limits
    this.#timer = setTimeout(() => this.#process?.kill('APP_BACKGROUND_LIMIT'), backgroundMs)
  }

  #finish(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearTimeout(this.#timer)
    this.#fetches?.[Symbol.dispose]()
    this.#sockets?.[Symbol.dispose]()
    if (this.exchange.hasBody && this.exchange.smallBody === undefined) this.exchange.cancelBody()
    this.#port.onOver(this)
  }
}

function toRequest({ method, url, headers }: Exchange): RequestFrame {
  const { protocol, host, pathname, search } = new URL(url)
  const list = parseHeaderLines(headers) ?? []
  return {
    method,
    scheme: protocol === 'https:' ? 'https' : 'http',
    authority: host,
    path: pathname + search,
    headers: toPairs(list).filter(([name]) => !name.startsWith(':')),
  }
}

/** In a string why there is none. What the ingress's firewall lets through is its own to say. */
function parseHead(payload: Buffer): { status: number; lines: Uint8Array } | string {
  let head: Partial<ResponseFrame>
  try {
    head = JSON.parse(payload.toString()) as Partial<ResponseFrame>
  } catch {
    return 'its head cannot be read'
  }
  const { status, headers } = head
  if (typeof status !== 'number' || !Array.isArray(headers)) return 'its head cannot be read'
  let lines = ''
  for (const pair of headers as unknown[]) {
    const [name, value] = Array.isArray(pair) ? (pair as unknown[]) : []
    if (
      typeof name !== 'string' ||
      typeof value !== 'string' ||
      BAD_HEAD.test(name + value) ||
      name.startsWith(':')
    )
      return 'a header of it breaks out of its line'
    // the length that it says is held to
    if (name.toLowerCase() === 'content-length') lines = toHeaderLines(':length', value) + lines
    lines += toHeaderLines(name, value)
  }
  return { status, lines: new TextEncoder().encode(lines) }
}
