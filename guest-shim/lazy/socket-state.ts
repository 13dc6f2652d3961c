/** What a WebSocket is, whoever made it: `WebSocket` (web-socket.ts) is what the app sees of it. */

import { isBlob, sizeOf } from '../globals/blob.ts'
import { type Bytes, bytesOf, toOwn } from '../globals/buffer-source.ts'
import { ErrorEvent, Event } from '../globals/event.ts'
import { type EventTarget, fire } from '../globals/event-target.ts'
import { messaging } from '../globals/messaging-part.ts'
import { decodeAll, encode, NativeBlob, NativeTypeError, uncurry } from '../globals/primordials.ts'
import { toScalarText } from '../globals/web-idl.ts'
import { CloseEvent } from './close-event.ts'
import type { Link, LinkOwner } from './socket-link.ts'

export const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
export const FAILED = 1006
const ORIGIN = /^wss?:\/\/[^/]*/

/** What is sent is kept until something else is, up to so many characters or bytes: the same for many WebSockets is the same bytes. */
const MOST_KEPT = 16_384
let lastText = ''
let lastTextBytes = encode('')
let lastBytes = encode('')
/** Of those, as something that the engine compares. */
let lastForm: string | undefined
// oxlint-disable-next-line typescript/unbound-method -- it is called with a `this` of its own
const toForm = uncurry(Uint8Array.prototype.toBase64)

function encodeAgain(text: string): Bytes {
  if (text === lastText) return lastTextBytes
  const bytes = encode(text)
  if (text.length <= MOST_KEPT) {
    lastText = text
    lastTextBytes = bytes
  }
  return bytes
}

/** What the app changes in it afterwards is not sent. */
function copyAgain(bytes: Bytes): Bytes {
  const { length } = bytes
  if (length === lastBytes.length && toForm(bytes) === (lastForm ??= toForm(lastBytes))) return lastBytes
  const own = new Uint8Array(bytes)
  if (length <= MOST_KEPT) {
    lastBytes = own
    lastForm = undefined
  }
  return own
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
  /** What the link does not know of: Blobs that are being read, and what was sent when it was too late. */
  #waiting = 0
  /** What is to be said when the Blob before it has been read. */
  #behind: (() => void)[] | undefined

  constructor(readyState: number) {
    this.readyState = readyState
  }

  get bufferedAmount(): number {
    return this.#waiting + (this.link?.waiting ?? 0)
  }

  accept(): void {
    if (this.isKept) throw new NativeTypeError("Can't accept() WebSocket after enabling hibernation.")
    if (this.link === undefined) throw new NativeTypeError('accept: the WebSocket was given to a Response')
    if (this.isAccepted) return
    this.isAccepted = true
    this.link.accept()
  }

  send(data: unknown): void {
    // the shortest way for the same text to thousands of them
    if (
      data === lastText &&
      this.readyState === STATES.OPEN &&
      !this.hasClosed &&
      this.#behind === undefined
    ) {
      if (this.isAccepted || this.isKept) return this.link?.send(true, lastTextBytes)
    }
    if (!this.isStandard) this.#requireOpen()
    if (typeof data === 'string') return this.#queue(true, encodeAgain(data))
    if (isBlob(data)) {
      this.#waiting += sizeOf(data)
      void this.#sendBlob(data)
      return
    }
    const bytes = bytesOf(data)
    const isText = bytes === undefined
    this.#queue(isText, isText ? encode(toScalarText(data)) : copyAgain(bytes))
  }

  close(code: number, reason: string): void {
    if (!this.isStandard && (this.link === undefined || (!this.isAccepted && !this.isKept))) {
      throw new NativeTypeError('close: expected accept() to be called before')
    }
    if (this.readyState >= STATES.CLOSING) return
    this.readyState = STATES.CLOSING
    this.hasClosed = true
    const { link } = this
    // one that the host has refused is about to hear of it
    this.#then(() => link?.close(code, reason))
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

  #queue(isText: boolean, bytes: Bytes): void {
    if (this.readyState !== STATES.OPEN) this.#waiting += bytes.length
    else if (this.#behind === undefined) this.link?.send(isText, bytes)
    else this.#then(() => this.link?.send(isText, bytes))
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
    this.link?.send(false, bytes)
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
