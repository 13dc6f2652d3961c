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
import { bytesOf, toOwn } from '../globals/buffer-source.ts'
import { isBlob, sizeOf } from '../globals/blob.ts'
import { ErrorEvent, Event } from '../globals/event.ts'
import { defineHandler, EventTarget, fire } from '../globals/event-target.ts'
import { messaging } from '../globals/messaging-part.ts'
import { decodeAll, encode, NativeBlob, NativeDOMException, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { setTimeout } from '../globals/timers.ts'
import { parseUrl } from '../globals/url.ts'
import { finishInterface, isObject, requireArguments, toScalarText, toText } from '../globals/web-idl.ts'
import { now } from '../turn/clock.ts'
import { requireLive } from '../turn/phase.ts'
import { CloseEvent } from './close-event.ts'
import { HostLink, type Link, type LinkOwner, NO_CODE, PairLink } from './socket-link.ts'

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+$/
const ORIGIN = /^wss?:\/\/[^/]*/
/** As the protocol has room for. */
const MOST_REASON_BYTES = 123
const FAILED = 1006
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
    requireArguments(arguments.length, 1, 'send')
    if (state.readyState === STATES.CONNECTING)
      throw invalid('send: the connection is not open yet', 'InvalidStateError')
    state.send(data)
  }
}

/** What a WebSocket is, whoever made it. */
class SocketState implements LinkOwner {
  socket!: WebSocket
  readyState: number
  url: string | null = null
  protocol = ''
  extensions = ''
  binaryType = 'blob'
  /** It was made by `new WebSocket()`. */
  isStandard = false
  isAccepted = false
  /** Undefined: the app has handed it out. */
  link: Link | undefined
  /** What waits to be sent, and what was sent in the turn that began then. */
  #waiting = 0
  #fresh = 0
  #freshAt = 0
  /** What is to be said when the Blob before it has been read. */
  #behind: (() => void)[] | undefined

  constructor(readyState: number) {
    this.readyState = readyState
  }

  get bufferedAmount(): number {
    return this.#waiting + (this.#freshAt === now() ? this.#fresh : 0)
  }

  accept(): void {
    if (this.link === undefined) throw new NativeTypeError('accept: the WebSocket was given to a Response')
    if (this.isAccepted) return
    this.isAccepted = true
    this.link.accept()
  }

  send(data: unknown): void {
    if (!this.isStandard) this.#requireOpen()
    if (isBlob(data)) {
      this.#waiting += sizeOf(data)
      void this.#sendBlob(data)
      return
    }
    const bytes = bytesOf(data)
    const isText = bytes === undefined
    this.#queue(isText, isText ? encode(toScalarText(data)) : bytes)
  }

  close(code: number, reason: string): void {
    if (this.link === undefined || (!this.isAccepted && !this.isStandard)) {
      throw new NativeTypeError('close: expected accept() to be called before')
    }
    if (this.readyState >= STATES.CLOSING) return
    this.readyState = STATES.CLOSING
    const { link } = this
    this.#then(() => link.close(code, reason))
  }

  // what the link brings

  opened(protocol: string, extensions: string): void {
    if (this.readyState !== STATES.CONNECTING) return
    this.readyState = STATES.OPEN
    this.protocol = protocol
    this.extensions = extensions
    fire(this.socket, new Event('open'))
  }

  message(isText: boolean, bytes: Uint8Array): void {
    if (this.readyState !== STATES.OPEN) return
    const data = isText ? decodeAll(bytes) : this.#toBinary(bytes)
    const { MessageEvent } = messaging()
    const origin = this.url === null ? '' : (ORIGIN.exec(this.url)?.[0] ?? '')
    fire(this.socket, new MessageEvent('message', { data, origin }))
  }

  sent(bytes: number): void {
    this.#waiting -= bytes
  }

  closed(code: number, reason: string): void {
    if (this.readyState === STATES.CLOSED) return
    this.readyState = STATES.CLOSED
    const isClean = code !== FAILED
    if (!isClean && reason !== '') fire(this.socket, new ErrorEvent('error', { message: reason }))
    const init = { code, reason: isClean ? reason : '', wasClean: isClean }
    fire(this.socket, new CloseEvent('close', init))
  }

  #requireOpen(): void {
    if (!this.isAccepted) throw new NativeTypeError('send: expected accept() to be called before')
    if (this.readyState >= STATES.CLOSING) throw new NativeTypeError('send: the WebSocket is closed')
  }

  #queue(isText: boolean, bytes: Uint8Array): void {
    if (this.readyState !== STATES.OPEN) {
      this.#waiting += bytes.length
      return
    }
    // what the app changes in it afterwards is not sent
    const own = this.#behind === undefined ? bytes : bytes.slice()
    this.#then(() => this.#give(isText, own))
  }

  #give(isText: boolean, bytes: Uint8Array): void {
    if (this.link?.send(isText, bytes) === false) {
      this.#waiting += bytes.length
      return
    }
    if (this.#freshAt !== now()) this.#fresh = 0
    this.#freshAt = now()
    this.#fresh += bytes.length
  }

  async #sendBlob(blob: Blob): Promise<void> {
    const isFirst = this.#behind === undefined
    this.#behind ??= []
    const behind = this.#behind
    if (!isFirst) {
      behind[behind.length] = () => void this.#readBlob(blob)
      return
    }
    await this.#readBlob(blob)
  }

  /** Then what came behind it. */
  async #readBlob(blob: Blob): Promise<void> {
    const bytes = new Uint8Array(await blob.arrayBuffer())
    this.#waiting -= bytes.length
    this.#give(false, bytes)
    const behind = this.#behind ?? []
    this.#behind = undefined
    for (let i = 0; i < behind.length; i++) {
      const isBlocked = this.#behind as (() => void)[] | undefined
      if (isBlocked === undefined) behind[i]?.()
      else isBlocked[isBlocked.length] = behind[i] as () => void
    }
  }

  #then(act: () => void): void {
    const behind = this.#behind
    if (behind === undefined) act()
    else behind[behind.length] = act
  }

  #toBinary(bytes: Uint8Array): Blob | ArrayBuffer {
    return this.binaryType === 'blob' ? new NativeBlob([toOwn(bytes)]) : (bytes.buffer as ArrayBuffer)
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

/** The end goes out in a response; gives the id by which the head names it. */
export function leave(socket: WebSocket): number {
  const state = stateOf(socket)
  const { link } = state
  if (link === undefined)
    throw new NativeTypeError('the WebSocket of the Response was given to another one before')
  if (state.isAccepted) {
    throw new NativeTypeError('the WebSocket of the Response was accepted; return the other end of the pair')
  }
  state.link = undefined
  if (link instanceof HostLink) return link.id
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
refuse([WebSocket, WebSocketPair, CloseEvent])

export { CloseEvent, isSocket }
