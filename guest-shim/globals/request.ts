/**
 * Request, over the engine's own. For a request that came from a client, headers and signal are made when the app
 * asks for them: most apps read the URL and little else. It adds what the engine lacks: the `host` header of an
 * incoming request, `bytes`, `redirect`, and bodies of Blob and FormData.
 */

import { decodeHeaders } from '../wire/headers.ts'
import { addType, prepareBody, readBlob, readBytes, readForm } from './body.ts'
import { NativeRequest, uncurryGetter } from './primordials.ts'
import { AbortController, abortSignal } from './abort-signal.ts'
import { toNative, toOurs } from './native-stream.ts'
import { tee } from './streams.ts'

/** What came with a client's request; the host's record, kept instead of copied. */
export interface Incoming {
  readonly id: number
  readonly method: string
  readonly url: string
  /** As on the wire. */
  readonly headers: string
  headersRead?: Headers
  controller?: AbortController
  gone?: boolean
}

const getHeaders = uncurryGetter(NativeRequest.prototype, 'headers')
const getBody = uncurryGetter(NativeRequest.prototype, 'body')
const getBodyUsed = uncurryGetter(NativeRequest.prototype, 'bodyUsed')
const getSignal = uncurryGetter(NativeRequest.prototype, 'signal')

let setIncoming: (request: Request, incoming: Incoming) => void

export class Request extends NativeRequest {
  #incoming: Incoming | undefined
  #redirect: string | undefined
  /** After `clone`: our half of the body. */
  #branch: InstanceType<typeof NativeRequest> | undefined

  static {
    setIncoming = (request, incoming) => {
      request.#incoming = incoming
    }
  }

  constructor(input: string | URL | Request, init?: RequestInit) {
    if (typeof input === 'object' && #incoming in input) {
      const { init: merged, type } = merge(input, init)
      super(input.url, merged)
      this.#redirect = init?.redirect ?? input.#redirect
      addType(getHeaders(this), type)
    } else if (init === undefined) {
      super(input)
    } else if (typeof init.body === 'object' && init.body !== null) {
      const { body, type } = prepareBody(init.body)
      super(input, { method: init.method, headers: init.headers, signal: init.signal, body, duplex: 'half' })
      this.#redirect = init.redirect
      addType(getHeaders(this), type)
    } else {
      super(input, init)
      this.#redirect = init.redirect
    }
  }

  override get headers(): Headers {
    const incoming = this.#incoming
    if (incoming === undefined) return getHeaders(this)
    return (incoming.headersRead ??= decodeHeaders(incoming.headers))
  }

  override get signal(): AbortSignal {
    const incoming = this.#incoming
    if (incoming === undefined) return getSignal(this)
    if (incoming.controller === undefined) {
      incoming.controller = new AbortController()
      if (incoming.gone) abortIncoming(incoming)
    }
    return incoming.controller.signal
  }

  get redirect(): string {
    return this.#redirect ?? 'follow'
  }

  override get body(): ReadableStream<Uint8Array> | null {
    return toOurs(getBody(this.#branch ?? this))
  }

  override get bodyUsed(): boolean {
    return getBodyUsed(this.#branch ?? this)
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#branch ? this.#branch.arrayBuffer() : super.arrayBuffer()
  }

  override text(): Promise<string> {
    return this.#branch ? this.#branch.text() : super.text()
  }

  override json(): Promise<unknown> {
    return this.#branch ? this.#branch.json() : super.json()
  }

  override formData(): Promise<FormData> {
    return readForm(this.arrayBuffer(), this.headers.get('content-type'))
  }

  override blob(): Promise<Blob> {
    return readBlob(this.arrayBuffer(), this.headers.get('content-type'))
  }

  bytes(): Promise<Uint8Array> {
    return readBytes(this.arrayBuffer())
  }

  clone(): Request {
    const body = this.body
    if (this.bodyUsed || body?.locked) throw new TypeError('Request.clone: the body is already used')
    const { headers, method, signal, url } = this
    if (body === null) return inherit(this.#incoming, new Request(url, { method, headers, signal }))
    const [ours, theirs] = tee(body)
    this.#branch = new NativeRequest(url, { method: 'POST', body: toNative(ours), duplex: 'half' })
    const init = { method, headers, signal, body: theirs, redirect: this.redirect }
    return inherit(this.#incoming, new Request(url, init))
  }
}

/** A clone of a client's request has the headers that a program may not set, such as `host`, too. */
function inherit(incoming: Incoming | undefined, request: Request): Request {
  if (incoming) setIncoming(request, { ...incoming, headersRead: decodeHeaders(incoming.headers) })
  return request
}

/** `new Request(request, init)`: what `init` does not say comes from `request`. */
function merge(request: Request, init: RequestInit = {}): { init: RequestInit; type: string } {
  const merged: RequestInit = {
    method: init.method ?? request.method,
    headers: init.headers ?? request.headers,
    signal: init.signal === undefined ? request.signal : init.signal,
  }
  if (init.body === undefined) {
    if (request.bodyUsed) throw new TypeError('Request: the body of the given request is already used')
    if (request.body) Object.assign(merged, { body: toNative(request.body), duplex: 'half' })
    return { init: merged, type: '' }
  }
  const { body, type } = prepareBody(init.body)
  return { init: { ...merged, body, duplex: 'half' }, type }
}

/** The Request that the app gets for a client's request. */
export function openRequest(incoming: Incoming, body: BodyInit | undefined): Request {
  const { method, url } = incoming
  let request: Request
  if (method === 'GET') request = new Request(url)
  else if (body === undefined) request = new Request(url, { method })
  else request = new Request(url, { method, body: toNative(body), duplex: 'half' })
  setIncoming(request, incoming)
  return request
}

/** The client is gone: whoever listens to the signal is told. */
export function abortIncoming(incoming: Incoming): void {
  incoming.gone = true
  if (incoming.controller)
    abortSignal(incoming.controller.signal, new DOMException('The client went away', 'AbortError'))
}
