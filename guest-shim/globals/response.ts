/**
 * Response, over the engine's own. A body that is given whole stays out of the engine until somebody reads it, for
 * the engine would make a stream and two headers of it: a response that nobody looks at goes out as it was given.
 *
 *     body     whole  --sent to a client-->  sent
 *              whole  --read, or asked for as a stream-->  native       a stream is native from the start
 *     headers  bare, untyped  --looked at-->  complete
 *
 * Added is what the engine lacks: `clone`, `bytes`, `error`, bodies of Blob and FormData, and the address that an
 * answer of `fetch` came from.
 */

import { addType, isBodyless, prepareBody, readBlob, readBytes, readForm } from './body.ts'
import { bytesOf } from './buffer-source.ts'
import { encode, isView, NativeHeaders, NativeResponse, toJson, uncurryGetter } from './primordials.ts'
import { toNative, toOurs } from './native-stream.ts'
import { tee } from './streams.ts'
import { encodeHeaders, encodeHeadersWithType } from '../wire/headers.ts'

type Native = InstanceType<typeof NativeResponse>

/** Where it came from: known of what `fetch` returns and of `Response.error()`. */
interface Provenance {
  url: string
  redirected: boolean
  type: string
}

const getStatus = uncurryGetter(NativeResponse.prototype, 'status')
const getHeaders = uncurryGetter(NativeResponse.prototype, 'headers')
const getBody = uncurryGetter(NativeResponse.prototype, 'body')
const getBodyUsed = uncurryGetter(NativeResponse.prototype, 'bodyUsed')

const TEXT_TYPE = 'text/plain;charset=UTF-8'
const JSON_TYPE = { 'content-type': 'application/json' }
const TEXT_HEAD = encode(`content-type\n${TEXT_TYPE}\n`)
const REDIRECTS = [301, 302, 303, 307, 308]

/** A whole body that is none. */
const EMPTY = new Uint8Array(0)
/** A whole body that went to a client. */
const SENT = Symbol('sent')

/**
 * - whole, a text or bytes: as it was given; the engine knows of no body.
 * - native: the engine has it, this object or one beside it: for a whole body, or for our half after `clone`.
 * - sent: it can be read no more.
 */
type BodyState = string | Uint8Array | Native | typeof SENT

/**
 * What goes out besides the engine's headers. A text brings its own type along, until the app looks at the headers.
 *
 * - bare: the type; there are no headers.
 * - untyped: the type, unless the headers name one.
 * - complete: nothing.
 */
type HeadState = 'bare' | 'untyped' | 'complete'

let hasBrand: (value: object) => boolean
let setProvenance: (response: Response, provenance: Provenance) => void
let takeWhole: (response: Response) => Uint8Array | undefined
let takeHead: (response: Response) => Uint8Array
let isUsed: (response: Response) => boolean
let takeStream: (response: Response) => ReadableStream<Uint8Array> | null

export class Response extends NativeResponse {
  #body: BodyState
  #head: HeadState
  #provenance: Provenance | undefined

  static {
    hasBrand = (value) => #body in value
    setProvenance = (response, provenance) => {
      response.#provenance = provenance
    }
    takeWhole = (response) => {
      const body = response.#body
      if (!isWhole(body)) return undefined
      if (body === EMPTY) return body
      response.#body = SENT
      return typeof body === 'string' ? encode(body) : body
    }
    isUsed = (response) => {
      const body = response.#body
      return body === SENT || (!isWhole(body) && isNativeUsed(body))
    }
    takeHead = (response) => {
      if (response.#head === 'bare') return TEXT_HEAD
      const headers = getHeaders(response)
      return encode(
        response.#head === 'complete' ? encodeHeaders(headers) : encodeHeadersWithType(headers, TEXT_TYPE),
      )
    }
    takeStream = (response) => toOurs(getBody(response.#toNative()))
  }

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if (typeof body === 'string' && init === undefined) {
      super(null)
      this.#body = body
      this.#head = 'bare'
    } else if (typeof body === 'string' || isView(body) || body instanceof ArrayBuffer) {
      const status = init === undefined ? 200 : init.status
      super(isBodyless(status) ? body : null, init)
      this.#body = typeof body === 'string' ? body : copy(body)
      this.#head = typeof body === 'string' ? 'untyped' : 'complete'
    } else if (body === null || body === undefined) {
      super(null, init)
      this.#body = EMPTY
      this.#head = 'complete'
    } else {
      const prepared = prepareBody(body)
      super(prepared.body, init)
      addType(getHeaders(this), prepared.type)
      this.#body = this
      this.#head = 'complete'
    }
  }

  static json(data: unknown, init: ResponseInit = {}): Response {
    const text = toJson(data)
    if (text === undefined) throw new TypeError('Response.json: the value cannot be written as JSON')
    const { status = 200, statusText = '' } = init
    if (init.headers === undefined) return new Response(text, { status, statusText, headers: JSON_TYPE })
    const headers = new NativeHeaders(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return new Response(text, { status, statusText, headers })
  }

  static redirect(url: string | URL, status = 302): Response {
    if (!REDIRECTS.includes(status)) {
      throw new RangeError(`Response.redirect: ${status} is not a redirect status`)
    }
    return new Response(null, { status, headers: { location: new URL(String(url)).href } })
  }

  static error(): Response {
    const response = new Response()
    response.#body = response
    response.#provenance = { url: '', redirected: false, type: 'error' }
    return response
  }

  override get status(): number {
    return this.#provenance?.type === 'error' ? 0 : getStatus(this)
  }

  override get ok(): boolean {
    return this.#provenance?.type === 'error' ? false : super.ok
  }

  override get type(): string {
    return this.#provenance?.type ?? 'default'
  }

  override get url(): string {
    return this.#provenance?.url ?? ''
  }

  override get redirected(): boolean {
    return this.#provenance?.redirected ?? false
  }

  override get headers(): Headers {
    const headers = getHeaders(this)
    if (this.#head !== 'complete') {
      this.#head = 'complete'
      addType(headers, TEXT_TYPE)
    }
    return headers
  }

  override get body(): ReadableStream<Uint8Array> | null {
    return toOurs(getBody(this.#toNative()))
  }

  override get bodyUsed(): boolean {
    const body = this.#body
    return body === SENT || (!isWhole(body) && getBodyUsed(body))
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    const native = this.#toNative()
    return native === this ? super.arrayBuffer() : native.arrayBuffer()
  }

  override text(): Promise<string> {
    const native = this.#toNative()
    return native === this ? super.text() : native.text()
  }

  override json(): Promise<unknown> {
    const native = this.#toNative()
    return native === this ? super.json() : native.json()
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

  clone(): Response {
    const init = { status: getStatus(this), statusText: this.statusText, headers: this.headers }
    const body = this.#body
    let copied: Response
    if (isWhole(body)) copied = new Response(body === EMPTY ? null : body, init)
    else {
      if (body === SENT || isNativeUsed(body)) throw new TypeError('Response.clone: the body is already used')
      const stream = toOurs(getBody(body))
      const [ours, theirs] = stream === null ? [null, null] : tee(stream)
      if (ours) this.#body = new NativeResponse(toNative(ours))
      copied = new Response(theirs, init)
    }
    if (this.#provenance) copied.#provenance = this.#provenance
    return copied
  }

  /** Whose native body is this response's: a whole body is handed to the engine here. */
  #toNative(): Native {
    const body = this.#body
    if (body === SENT) throw new TypeError('the body of the Response is already used')
    if (!isWhole(body)) return body
    return (this.#body = body === EMPTY ? this : new NativeResponse(body))
  }
}

function isWhole(body: BodyState): body is string | Uint8Array {
  return typeof body === 'string' || isView(body)
}

/** Whether somebody has read it, or is reading it. */
function isNativeUsed(native: Native): boolean {
  return getBodyUsed(native) || getBody(native)?.locked === true
}

function copy(body: ArrayBuffer | ArrayBufferView): Uint8Array {
  return new Uint8Array(bytesOf(body) ?? EMPTY)
}

export function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && hasBrand(value)
}

/** Status, head, whole body and stream as they are, whatever the app did to the class. */
export { getStatus, isUsed, setProvenance, takeHead, takeStream, takeWhole }
