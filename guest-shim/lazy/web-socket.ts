/**
 * `WebSocket` after the WebSockets standard, `WebSocketPair` as Workers have it, and `CloseEvent`.
 *
 *     new WebSocket(url)   CONNECTING  --the host is connected-->  OPEN  --close()-->  CLOSING  --it is over-->  CLOSED
 *     a pair, an answer    OPEN, and silent until accept()
 *
 * An end of a pair, or of an answer, is as Workers have it where that differs from the standard: what is wrong with a `send`
 * is thrown, and `close` takes every code that a frame may have.
 */

import { host } from '../bindings/web-sockets.ts'
import { defineHandler, EventTarget } from '../globals/event-target.ts'
import { encode, NativeDOMException, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { setTimeout } from '../globals/timers.ts'
import { parseUrl } from '../globals/url.ts'
import { finishInterface, isObject, requireArguments, toScalarText, toText } from '../globals/web-idl.ts'
import { requireLive } from '../turn/phase.ts'
import { CloseEvent } from './close-event.ts'
import {
  deserializeAttachment,
  endKept,
  forgetKept,
  idOf,
  keepSocket,
  openKept,
  serializeAttachment,
  WebSocketRequestResponsePair,
} from './kept-socket.ts'
import { GivenLink, HostLink, NO_CODE, PairLink } from './socket-link.ts'
import { FAILED, SocketState, STATES } from './socket-state.ts'

const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+$/
/** As the protocol has room for. */
const MOST_REASON_BYTES = 123
const NORMAL = 1000
const TOO_MANY = 'the app has as many WebSockets, or has made as many fetches, as it may'

let stateOf: (socket: WebSocket) => SocketState
let isSocket: (value: unknown) => value is WebSocket

export class WebSocket extends EventTarget {
  readonly #state: SocketState

  static {
    stateOf = (socket) => socket.#state
    isSocket = (value): value is WebSocket => typeof value === 'object' && value !== null && #state in value
  }

  constructor(url: unknown, protocols: unknown = []) {
    requireArguments(arguments.length, 1, 'WebSocket')
    super()
    if (url instanceof SocketState) {
      this.#state = url
      url.socket = this
      return
    }
    const href = toUrl(toScalarText(url))
    const names = toProtocols(protocols)
    requireLive('new WebSocket()')
    const state = new SocketState(STATES.CONNECTING)
    state.socket = this
    state.url = href
    state.isStandard = state.isAccepted = true
    this.#state = state
    const offer = names.length === 0 ? '' : `sec-websocket-protocol\n${names.join(', ')}\n`
    const id = host.connect(encode(`GET\n${href.replace(/^ws/, 'http')}\n${offer}`))
    if (id === 0) setTimeout(() => state.closed(FAILED, TOO_MANY), 0)
    else state.link = new HostLink(id, state)
  }

  get url(): string | null {
    return this.#state.url
  }

  get readyState(): number {
    return this.#state.readyState
  }

  get bufferedAmount(): number {
    return this.#state.bufferedAmount
  }

  get extensions(): string {
    return this.#state.extensions
  }

  get protocol(): string {
    return this.#state.protocol
  }

  get binaryType(): string {
    return this.#state.binaryType
  }

  set binaryType(value: unknown) {
    const text = toText(value)
    const state = this.#state
    if (text === 'blob' || text === 'arraybuffer') state.binaryType = text
  }

  /** `allowHalfOpen` changes nothing: the host answers a close frame in any case. */
  accept(_options: unknown = undefined): void {
    this.#state.accept()
  }

  close(code: unknown = undefined, reason: unknown = undefined): void {
    const state = this.#state
    const given = code === undefined ? undefined : toCode(code)
    if (given !== undefined && !mayClose(given, state.isStandard)) {
      const codes = state.isStandard ? '1000' : 'a code that a close frame may have'
      throw invalid(`close: expected ${codes}, or one from 3000 to 4999, got ${given}`, 'InvalidAccessError')
    }
    const text = reason === undefined ? '' : toScalarText(reason)
    if (encode(text).length > MOST_REASON_BYTES) {
      throw invalid(`close: expected a reason of at most ${MOST_REASON_BYTES} bytes`, 'SyntaxError')
    }
    state.close(given ?? (text === '' ? NO_CODE : NORMAL), text)
  }

  send(data: unknown): void {
    const state = this.#state
    if (arguments.length === 0) requireArguments(0, 1, 'send')
    if (state.readyState === STATES.CONNECTING)
      throw invalid('send: the connection is not open yet', 'InvalidStateError')
    state.send(data)
  }

  serializeAttachment(value: unknown): void {
    requireArguments(arguments.length, 1, 'serializeAttachment')
    serializeAttachment(this.#state, value)
  }

  /** Null: there is none. */
  deserializeAttachment(): unknown {
    return deserializeAttachment(this.#state)
  }
}

export class WebSocketPair {
  declare 0: WebSocket
  declare 1: WebSocket

  constructor() {
    const [one, other] = [new SocketState(STATES.OPEN), new SocketState(STATES.OPEN)]
    const link = (one.link = new PairLink(one))
    const otherLink = (other.link = new PairLink(other))
    link.other = otherLink
    otherLink.other = link
    this[0] = new WebSocket(one)
    this[1] = new WebSocket(other)
  }
}

/** The end that the host knows by this id. */
export function adopt(id: number): WebSocket {
  const state = new SocketState(STATES.OPEN)
  state.link = new HostLink(id, state)
  return new WebSocket(state)
}

const make = (state: SocketState): WebSocket => new WebSocket(state)

/** One that the object keeps, as it is found again. */
export function reopen(id: number, isClosed: boolean): WebSocket {
  return openKept(id, isClosed, make)
}

/** The end goes out in a response; gives the id by which the head names it. */
export function leave(socket: WebSocket): number {
  const state = stateOf(socket)
  const { link } = state
  if (link === undefined)
    throw new NativeTypeError('the WebSocket of the Response was given to another one before')
  if (state.isAccepted || state.isKept) {
    throw new NativeTypeError('the WebSocket of the Response was accepted; return the other end of the pair')
  }
  state.link = undefined
  if (link instanceof HostLink || link instanceof GivenLink) return link.id
  const { owner } = (link as PairLink).other
  const id = host.open()
  if (id === 0) throw new NativeTypeError(TOO_MANY)
  const hostLink = new HostLink(id, owner)
  const other = owner as SocketState
  other.link = hostLink
  ;(link as PairLink).moveTo(hostLink)
  if (other.isAccepted) hostLink.accept()
  return id
}

const invalid = (message: string, name: string) => new NativeDOMException(message, name)

function toCode(code: unknown): number {
  // Web IDL: [Clamp] unsigned short
  return Math.round(Math.min(Math.max(Number(code) || 0, 0), 65_535))
}

function mayClose(code: number, isStandard: boolean): boolean {
  if (code === NORMAL || (code >= 3000 && code <= 4999)) return true
  return !isStandard && code >= 1001 && code <= 1014 && (code < 1004 || code > 1006)
}

function toUrl(text: string): string {
  const url = parseUrl(text)
  if (url === null) throw invalid(`WebSocket: expected a URL, got "${text}"`, 'SyntaxError')
  const { href, protocol } = url
  if (!/^(?:ws|http)s?:$/.test(protocol)) {
    throw invalid(`WebSocket: expected a URL of ws: or wss:, got ${protocol}`, 'SyntaxError')
  }
  if (href.includes('#')) throw invalid('WebSocket: expected a URL without fragment', 'SyntaxError')
  return href.replace(/^http/, 'ws')
}

function toProtocols(protocols: unknown): string[] {
  const isList = isObject(protocols) && Symbol.iterator in protocols
  const list = (isList ? [...(protocols as Iterable<unknown>)] : [protocols]).map(toText)
  const wrong = list.find((name) => !PROTOCOL.test(name))
  if (wrong !== undefined)
    throw invalid(`WebSocket: expected a protocol's name, got "${wrong}"`, 'SyntaxError')
  if (new Set(list.map((name) => name.toLowerCase())).size < list.length) {
    throw invalid('WebSocket: expected each protocol once', 'SyntaxError')
  }
  return list
}

for (const type of ['open', 'error', 'close', 'message']) defineHandler(WebSocket.prototype, type)
for (const owner of [WebSocket, WebSocket.prototype])
  for (const [name, value] of Object.entries(STATES))
    for (const each of [name, `READY_STATE_${name}`])
      Object.defineProperty(owner, each, { value, enumerable: true, writable: false, configurable: false })

finishInterface(WebSocket, 'WebSocket')
finishInterface(WebSocketPair, 'WebSocketPair')
finishInterface(CloseEvent, 'CloseEvent')
finishInterface(WebSocketRequestResponsePair, 'WebSocketRequestResponsePair')
refuse([WebSocket, WebSocketPair, CloseEvent, WebSocketRequestResponsePair])

export { CloseEvent, endKept, forgetKept, idOf, isSocket, keepSocket, stateOf, WebSocketRequestResponsePair }
