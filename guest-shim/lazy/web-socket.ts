/**
 * `WebSocket` and `CloseEvent`, to the letter of the WebSockets standard but for one thing: there is no binding for
 * connections yet, so each fails to open, as one does whose server is not there.
 *
 *     CONNECTING ── the connection fails, in the next turn ──> CLOSED: error, close (1006)
 *          └─────── close() ──> CLOSING ──────────────────────────┘
 */

import { ErrorEvent } from '../globals/event.ts'
import { defineHandler, EventTarget, fire } from '../globals/event-target.ts'
import { encode, NativeDOMException } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { setTimeout } from '../globals/timers.ts'
import { parseUrl } from '../globals/url.ts'
import { finishInterface, isObject, requireArguments, toScalarText, toText } from '../globals/web-idl.ts'
import { CloseEvent } from './close-event.ts'

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+$/
/** As the protocol has room for. */
const MOST_REASON_BYTES = 123
const FAILED = 1006
const MISSING = 'WebSocket: connections are not there yet in NANO'

export class WebSocket extends EventTarget {
  readonly #url: string
  #state = STATES.CONNECTING
  #binaryType = 'blob'

  constructor(url: unknown, protocols: unknown = []) {
    requireArguments(arguments.length, 1, 'WebSocket')
    super()
    this.#url = toUrl(toScalarText(url))
    checkProtocols(protocols)
    setTimeout(() => this.#fail(), 0)
  }

  get url(): string {
    return this.#url
  }

  get readyState(): number {
    return this.#state
  }

  get bufferedAmount(): number {
    void this.#state
    return 0
  }

  get extensions(): string {
    void this.#state
    return ''
  }

  get protocol(): string {
    void this.#state
    return ''
  }

  get binaryType(): string {
    return this.#binaryType
  }

  set binaryType(value: unknown) {
    const text = toText(value)
    void this.#state
    if (text === 'blob' || text === 'arraybuffer') this.#binaryType = text
  }

  close(code: unknown = undefined, reason: unknown = undefined): void {
    const state = this.#state
    if (code !== undefined) {
      const given = Math.round(Math.min(Math.max(Number(code) || 0, 0), 65_535))
      if (given !== 1000 && (given < 3000 || given > 4999)) {
        throw invalid(`close: expected 1000 or a code from 3000 to 4999, got ${given}`, 'InvalidAccessError')
      }
    }
    if (reason !== undefined && encode(toScalarText(reason)).length > MOST_REASON_BYTES) {
      throw invalid(`close: expected a reason of at most ${MOST_REASON_BYTES} bytes`, 'SyntaxError')
    }
    if (state < STATES.CLOSING) this.#state = STATES.CLOSING
  }

  send(_data: unknown): void {
    const state = this.#state
    requireArguments(arguments.length, 1, 'send')
    if (state === STATES.CONNECTING)
      throw invalid('send: the connection is not open yet', 'InvalidStateError')
  }

  #fail(): void {
    this.#state = STATES.CLOSED
    fire(this, new ErrorEvent('error', { message: MISSING }))
    fire(this, new CloseEvent('close', { code: FAILED, reason: MISSING }))
  }
}

const invalid = (message: string, name: string) => new NativeDOMException(message, name)

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

function checkProtocols(protocols: unknown): void {
  const isList = isObject(protocols) && Symbol.iterator in protocols
  const list = (isList ? [...(protocols as Iterable<unknown>)] : [protocols]).map(toText)
  const wrong = list.find((name) => !PROTOCOL.test(name))
  if (wrong !== undefined)
    throw invalid(`WebSocket: expected a protocol's name, got "${wrong}"`, 'SyntaxError')
  if (new Set(list.map((name) => name.toLowerCase())).size < list.length) {
    throw invalid('WebSocket: expected each protocol once', 'SyntaxError')
  }
}

for (const type of ['open', 'error', 'close', 'message']) defineHandler(WebSocket.prototype, type)
for (const owner of [WebSocket, WebSocket.prototype])
  for (const [name, value] of Object.entries(STATES))
    Object.defineProperty(owner, name, { value, enumerable: true, writable: false, configurable: false })

finishInterface(WebSocket, 'WebSocket')
finishInterface(CloseEvent, 'CloseEvent')
refuse([WebSocket, CloseEvent])

export { CloseEvent }
