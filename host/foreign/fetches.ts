/**
 * The fetches of one request of a component from elsewhere: they are made here, by the dialer of its app, so that they reach
 * what any app's reach. The component asks for each chunk of an answer, and waits for room for what it sends.
 */

import { ReadableStream } from 'node:stream/web'
import type { ReadableStreamDefaultReader } from 'node:stream/web'

import type { Dialer } from '../bindings/dialer.ts'
import { toFailureText } from '../bindings/failure-text.ts'
import { parseOutboundHead, toAnswerHeaders } from '../bindings/outbound-head.ts'
import { EgressDenied } from '../egress/connect.ts'
import { CDN_LOOP } from '../http/cdn-loop.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'
import { type FetchFrame, type Frame, FROM_GUEST, toU32, TO_GUEST, WINDOW_BYTES } from './frame.ts'
import { toPairs } from './pairs.ts'

/** A body that is over before it has come to more goes out whole. */
const MOST_WHOLE = 64 * 1024
/** The most of an answer that is said at once. */
const MOST_CHUNK = 256 * 1024

export interface FetchesServices {
  readonly dialer: Dialer
  /** The value of the header that tells loops. */
  readonly loop: string
  /** Whether the request may make one more. */
  readonly admit: () => boolean
  /** At once. */
  readonly mostOpen: number
  readonly say: (kind: number, id: number, payload?: Uint8Array | string) => void
  readonly onDenied: (denied: EgressDenied) => void
}

interface Fetch {
  readonly frame: FetchFrame
  readonly abort: AbortController
  readonly parts: Buffer[]
  /** On their way: the component was told how much there is room for. */
  size: number
  upload?: { enqueue(bytes: Uint8Array): void; close(): void } | undefined
  isDialed: boolean
  isFinished: boolean
  reader?: ReadableStreamDefaultReader<Uint8Array>
}

export class Fetches implements Disposable {
  readonly #services: FetchesServices
  readonly #open = new Map<number, Fetch>()

  constructor(services: FetchesServices) {
    this.#services = services
  }

  /** Whether the frame is about a fetch. */
  take({ kind, id, payload }: Frame): boolean {
    if (kind === FROM_GUEST.fetch) this.#begin(id, payload)
    else if (kind === FROM_GUEST.fetchBody) this.#write(id, payload)
    else if (kind === FROM_GUEST.fetchEnd) this.#finish(id)
    else if (kind === FROM_GUEST.fetchPull) void this.#pull(id)
    else if (kind === FROM_GUEST.fetchAbort) this.#drop(id)
    else return false
    return true
  }

  [Symbol.dispose](): void {
    for (const id of this.#open.keys()) this.#drop(id)
  }

  #begin(id: number, payload: Buffer): void {
    const { admit, mostOpen } = this.#services
    const frame = parseFetch(payload)
    if (frame === undefined || this.#open.has(id)) return this.#fail(id, 'HTTP-request-URI-invalid')
    if (!admit()) return this.#fail(id, 'internal-error', 'the request made more fetches than it may')
    if (this.#open.size >= mostOpen) return this.#fail(id, 'connection-limit-reached')
    this.#open.set(id, {
      frame,
      abort: new AbortController(),
      parts: [],
      size: 0,
      isDialed: false,
      isFinished: false,
    })
  }

  #write(id: number, payload: Buffer): void {
    const fetch = this.#open.get(id)
    if (fetch === undefined || fetch.isFinished) return
    fetch.size += payload.length
    if (fetch.size > WINDOW_BYTES) return this.#drop(id)
    if (fetch.upload !== undefined) return fetch.upload.enqueue(Buffer.from(payload))
    fetch.parts.push(Buffer.from(payload))
    if (fetch.size > MOST_WHOLE) void this.#dial(id, fetch, this.#toStream(id, fetch))
  }

  #finish(id: number): void {
    const fetch = this.#open.get(id)
    if (fetch === undefined || fetch.isFinished) return
    fetch.isFinished = true
    if (fetch.upload !== undefined) fetch.upload.close()
    else if (!fetch.isDialed) {
      void this.#dial(id, fetch, fetch.size === 0 ? undefined : new Uint8Array(Buffer.concat(fetch.parts)))
    }
  }

  /** What was sent so far, and what follows. */
  #toStream(id: number, fetch: Fetch): ReadableStream<Uint8Array> {
    const sizes: number[] = []
    const { say } = this.#services
    return new ReadableStream<Uint8Array>(
      {
        start: (control) => {
          const enqueue = (bytes: Uint8Array): void => {
            sizes.push(bytes.length)
            control.enqueue(bytes)
          }
          for (const part of fetch.parts.splice(0)) enqueue(part)
          fetch.upload = { enqueue, close: () => control.close() }
        },
        pull: () => {
          const size = sizes.shift()
          if (size === undefined) return
          fetch.size -= size
          say(TO_GUEST.fetchRoom, id, toU32(size))
        },
      },
      { highWaterMark: 0 },
    )
  }

  async #dial(
    id: number,
    fetch: Fetch,
    body: Uint8Array | ReadableStream<Uint8Array> | undefined,
  ): Promise<void> {
    const { dialer, loop, onDenied, say } = this.#services
    fetch.isDialed = true
    const { method, url, headers } = fetch.frame
    const lines = headers.map(([name, value]) => toHeaderLines(name, value)).join('')
    const head = parseOutboundHead(new TextEncoder().encode(`${method}\n${url}\n${lines}`))
    if (head === undefined) return this.#fail(id, 'HTTP-request-URI-invalid')
    try {
      const { abort } = fetch
      const answer = await dialer.fetch(head.url, {
        method: head.method,
        headers: [...head.headers, [CDN_LOOP, loop]],
        body,
        redirect: 'manual',
        signal: abort.signal,
      })
      if (!this.#open.has(id)) return void answer.body?.cancel().catch(() => undefined)
      if (answer.body !== null) fetch.reader = answer.body.getReader()
      const list = parseHeaderLines(toAnswerHeaders(answer.headers, head.method !== 'HEAD')) ?? []
      say(TO_GUEST.answer, id, JSON.stringify({ status: answer.status, headers: toPairs(list) }))
      if (fetch.reader === undefined) this.#end(id)
    } catch (error) {
      const { cause } = error as { cause?: unknown }
      if (cause instanceof EgressDenied) {
        onDenied(cause)
        this.#fail(id, 'HTTP-request-denied')
      } else if (this.#open.has(id)) this.#fail(id, 'internal-error', toFailureText(error))
    }
  }

  async #pull(id: number): Promise<void> {
    const { say } = this.#services
    const reader = this.#open.get(id)?.reader
    if (reader === undefined) return
    try {
      const { done, value } = await reader.read()
      if (!this.#open.has(id)) return
      if (done) return this.#end(id)
      for (let at = 0; at < value.length; at += MOST_CHUNK) {
        say(TO_GUEST.answerBody, id, value.subarray(at, at + MOST_CHUNK))
      }
    } catch (error) {
      if (this.#open.delete(id)) say(TO_GUEST.answerFailed, id, toFailureText(error))
    }
  }

  #end(id: number): void {
    this.#open.delete(id)
    this.#services.say(TO_GUEST.answerEnd, id)
  }

  #fail(id: number, tag: string, val?: string): void {
    this.#open.delete(id)
    this.#services.say(TO_GUEST.answerFailed, id, JSON.stringify({ tag, val }))
  }

  #drop(id: number): void {
    const fetch = this.#open.get(id)
    if (fetch === undefined) return
    this.#open.delete(id)
    fetch.abort.abort()
    fetch.reader?.cancel().catch(() => undefined)
  }
}

/** Undefined: it is none. */
function parseFetch(payload: Buffer): FetchFrame | undefined {
  try {
    const { method, url, headers } = JSON.parse(payload.toString()) as Partial<FetchFrame>
    if (typeof method !== 'string' || typeof url !== 'string' || !Array.isArray(headers)) return undefined
    const isPair = (pair: unknown): boolean =>
      Array.isArray(pair) &&
      pair.length === 2 &&
      pair.every((part) => typeof part === 'string' && !/[\n\r\0]/.test(part))
    if (/[\n\r\0]/.test(method + url) || !headers.every(isPair)) return undefined
    return { method, url, headers }
  } catch {
    return undefined
  }
}
