/**
 * `EventSource` (HTML 9.2) over the app's own `fetch`, and what Workers add: `from`, for a stream that is there already,
 * and `fetcher`, for a binding that is asked instead.
 *
 *     CONNECTING ── 200, text/event-stream ──> OPEN
 *     CONNECTING, OPEN ── no answer, or its end ──> CONNECTING: again, when the time to wait is over
 *     CONNECTING ── any other answer ──> CLOSED        OPEN ── the end of a stream that was given ──> CLOSED
 *     any ── close() ──> CLOSED
 */

import { AbortController } from '../globals/abort-signal.ts'
import { ErrorEvent, Event } from '../globals/event.ts'
import { defineHandler, EventTarget, fire } from '../globals/event-target.ts'
import { fetch } from '../globals/fetch.ts'
import { makeMessageEvent } from '../globals/message-event.ts'
import { encode, NativeDOMException, NativePromise, NativeTypeError } from '../globals/primordials.ts'
import { Request } from '../globals/request.ts'
import type { Response } from '../globals/response.ts'
import {
  getReader,
  isDisturbed,
  isLocked,
  isReadableStream,
  read,
  type ReadableStream,
} from '../globals/streams.ts'
import { refuse } from '../globals/structured-clone.ts'
import { setTimeout } from '../globals/timers.ts'
import { parseUrl } from '../globals/url.ts'
import { finishInterface, requireArguments, toMembers, toScalarText } from '../globals/web-idl.ts'
import { ignore } from '../turn/pump.ts'
import { requireLive } from '../turn/phase.ts'
import { parseMimeType } from '../wire/mime-type.ts'
import { EventStream, type StreamMessage } from './event-stream.ts'

const STATES = { CONNECTING: 0, OPEN: 1, CLOSED: 2 }
const EVENT_STREAM = 'text/event-stream'
/** Until the stream says how long to wait before connecting again, in milliseconds. */
const RETRY_MS = 3000
const LONGEST_RETRY_MS = 2 ** 31 - 1
/** Stands for a URL where there is a stream. */
const GIVEN = Symbol('given')

interface EventSourceInit {
  readonly withCredentials?: unknown
  readonly fetcher?: { fetch(request: Request): Promise<Response> } | null
}

export class EventSource extends EventTarget {
  readonly #url: string
  readonly #withCredentials: boolean
  readonly #fetcher: EventSourceInit['fetcher']
  #state = STATES.CONNECTING
  #retryMs = RETRY_MS
  #lastEventId = ''
  /** Ends what is under way. */
  #stop: (() => void) | undefined

  /** A source of the messages of this stream; there is nowhere to connect to again. */
  static from(stream: unknown): EventSource {
    if (!isReadableStream(stream)) throw new NativeTypeError('EventSource.from: expected a ReadableStream')
    if (isLocked(stream) || isDisturbed(stream)) {
      throw new NativeTypeError('EventSource.from: the stream has been read from, or has a reader')
    }
    const source = new EventSource(GIVEN)
    void source.#follow(stream)
    return source
  }

  constructor(url: unknown, init: unknown = undefined) {
    requireArguments(arguments.length, 1, 'EventSource')
    super()
    requireLive('EventSource')
    const { withCredentials, fetcher } = toMembers(init as EventSourceInit | undefined, 'EventSource')
    this.#withCredentials = Boolean(withCredentials)
    this.#fetcher = fetcher
    this.#url = url === GIVEN ? '' : toUrl(toScalarText(url))
    if (url !== GIVEN) void this.#connect()
  }

  get url(): string {
    return this.#url
  }

  get withCredentials(): boolean {
    return this.#withCredentials
  }

  get readyState(): number {
    return this.#state
  }

  close(): void {
    this.#state = STATES.CLOSED
    this.#stop?.()
  }

  async #connect(): Promise<void> {
    const aborting = new AbortController()
    this.#stop = () => aborting.abort()
    let response: Response
    try {
      const request = new Request(this.#url, {
        headers: this.#toHeaders(),
        cache: 'no-store',
        credentials: this.#withCredentials ? 'include' : 'same-origin',
        signal: aborting.signal,
      })
      const fetcher = this.#fetcher
      response = await (fetcher === undefined || fetcher === null ? fetch(request) : fetcher.fetch(request))
    } catch (error) {
      return this.#reconnect(toMessage(error))
    }
    if (this.#state === STATES.CLOSED) return
    const { status, headers, url, body } = response
    const type = headers.get('content-type')
    if (status !== 200) this.#fail(`expected the status 200, got ${status}`)
    else if (type === null || parseMimeType(type)?.essence !== EVENT_STREAM) {
      this.#fail(`expected an answer of the type ${EVENT_STREAM}, got ${type ?? 'none'}`)
    } else {
      this.#open()
      const origin = parseUrl(url === '' ? this.#url : url)?.origin ?? ''
      this.#reconnect(body === null ? 'the answer has no body' : await this.#read(body, origin))
    }
  }

  /** All of a stream that was given. */
  async #follow(stream: ReadableStream): Promise<void> {
    // whoever asked for it is to have listeners by then
    await NativePromise.resolve()
    if (this.#state === STATES.CONNECTING) this.#open()
    this.#fail(await this.#read(stream as ReadableStream<Uint8Array>, ''))
  }

  /** To its end. Gives how it came to that. */
  async #read(body: ReadableStream<Uint8Array>, origin: string): Promise<string> {
    const stop = this.#stop
    const message = ({ type, data, lastEventId }: StreamMessage): void => {
      if (this.#state === STATES.OPEN) fire(this, makeMessageEvent(type, { data, lastEventId, origin }))
    }
    const retry = (ms: number): void => {
      this.#retryMs = Math.min(ms, LONGEST_RETRY_MS)
    }
    const events = new EventStream({ message, retry }, this.#lastEventId)
    const reader = getReader(body)
    this.#stop = () => {
      stop?.()
      void ignore(reader.cancel())
    }
    // a listener of `open` may have closed it
    if (this.#state === STATES.CLOSED) this.#stop()
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one chunk after the other
        const { done, value } = await read(reader)
        if (done || this.#state !== STATES.OPEN) return 'the stream has ended'
        events.feed(value)
        this.#lastEventId = events.lastEventId
      }
    } catch (error) {
      void ignore(reader.cancel(error))
      return toMessage(error)
    }
  }

  /** UTF-8, each byte of it a character. */
  #toHeaders(): [string, string][] {
    const headers: [string, string][] = [['accept', EVENT_STREAM]]
    if (this.#lastEventId === '') return headers
    let id = ''
    for (const byte of encode(this.#lastEventId)) id += String.fromCharCode(byte)
    return [...headers, ['last-event-id', id]]
  }

  #open(): void {
    this.#state = STATES.OPEN
    fire(this, new Event('open'))
  }

  #reconnect(message: string): void {
    if (this.#state === STATES.CLOSED) return
    this.#state = STATES.CONNECTING
    fire(this, new ErrorEvent('error', { message }))
    setTimeout(() => {
      if (this.#state === STATES.CONNECTING) void this.#connect()
    }, this.#retryMs)
  }

  #fail(message: string): void {
    if (this.#state === STATES.CLOSED) return
    this.close()
    fire(this, new ErrorEvent('error', { message }))
  }
}

function toUrl(text: string): string {
  const url = parseUrl(text)
  if (url !== null) return url.href
  throw new NativeDOMException(`EventSource: expected an absolute URL, got "${text}"`, 'SyntaxError')
}

const toMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error))

for (const type of ['open', 'message', 'error']) defineHandler(EventSource.prototype, type)
for (const owner of [EventSource, EventSource.prototype])
  for (const [name, value] of Object.entries(STATES))
    Object.defineProperty(owner, name, { value, enumerable: true, writable: false, configurable: false })

finishInterface(EventSource, 'EventSource')
refuse([EventSource])
