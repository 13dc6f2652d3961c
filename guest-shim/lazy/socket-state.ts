/** What a WebSocket is, whoever made it: `WebSocket` (web-socket.ts) is what the app sees of it. */

import { isBlob, sizeOf } from '../globals/blob.ts'
import { bytesOf, toOwn } from '../globals/buffer-source.ts'
import { ErrorEvent, Event } from '../globals/event.ts'
import { type EventTarget, fire } from '../globals/event-target.ts'
import { messaging } from '../globals/messaging-part.ts'
import { decodeAll, encode, NativeBlob, NativeTypeError } from '../globals/primordials.ts'
import { toScalarText } from '../globals/web-idl.ts'
import { now } from '../turn/clock.ts'
import { CloseEvent } from './close-event.ts'
import type { Link, LinkOwner } from './socket-link.ts'

export const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
export const FAILED = 1006
const ORIGIN = /^wss?:\/\/[^/]*/

/** Texts of up to so many characters are kept until another one is sent. */
const MOST_KEPT = 16_384
let last = ''
let lastBytes = encode('')

/** A text goes to many WebSockets one after the other. */
function encodeAgain(text: string): Uint8Array {
  if (text === last) return lastBytes
  const bytes = encode(text)
  if (text.length <= MOST_KEPT) {
    last = text
    lastBytes = bytes
  }
  return bytes
}

/** What a WebSocket is, whoever made it. */
export class SocketState implements LinkOwner {
  socket!: EventTarget
  readyState: number
  url: string | null = null
  protocol = ''
  extensions = ''
  binaryType = 'blob'
  /** It was made by `new WebSocket()`. */
  isStandard = false
  isAccepted = false
  /** The Durable Object keeps it: what comes goes to that. */
  isKept = false
  /** The app has closed it. */
  hasClosed = false
  /** What the app keeps with it, unless the host does. */
  attachment: Uint8Array | undefined
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
    if (this.isKept) throw new NativeTypeError("Can't accept() WebSocket after enabling hibernation.")
    if (this.link === undefined) throw new NativeTypeError('accept: the WebSocket was given to a Response')
    if (this.isAccepted) return
    this.isAccepted = true
    this.link.accept()
  }

  send(data: unknown): void {
    if (!this.isStandard) this.#requireOpen()
    if (typeof data === 'string') return this.#queue(true, encodeAgain(data))
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
    if (this.link === undefined || (!this.isAccepted && !this.isStandard && !this.isKept)) {
      throw new NativeTypeError('close: expected accept() to be called before')
    }
    if (this.readyState >= STATES.CLOSING) return
    this.readyState = STATES.CLOSING
    this.hasClosed = true
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
    if (!this.isAccepted && !this.isKept)
      throw new NativeTypeError('send: expected accept() to be called before')
    if (this.hasClosed) throw new NativeTypeError("Can't call WebSocket send() after close().")
    // to one that is kept and that the other side has closed, nothing is sent
    if (this.readyState >= STATES.CLOSING && !this.isKept)
      throw new NativeTypeError('send: the WebSocket is closed')
  }

  #queue(isText: boolean, bytes: Uint8Array): void {
    if (this.readyState !== STATES.OPEN) {
      this.#waiting += bytes.length
      return
    }
    if (this.#behind === undefined) return this.#give(isText, bytes)
    // what the app changes in it afterwards is not sent
    const own = bytes.slice()
    this.#then(() => this.#give(isText, own))
  }

  #give(isText: boolean, bytes: Uint8Array): void {
    if (this.link?.send(isText, bytes) === false) {
      this.#waiting += bytes.length
      return
    }
    const time = now()
    if (this.#freshAt !== time) this.#fresh = 0
    this.#freshAt = time
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
