/**
 * Response, over the engine's own. A body that is given whole stays out of the engine until somebody reads it, for
 * the engine would make a stream and two headers of it: a response that nobody looks at goes out as it was given.
 * Added is what the engine lacks: `clone`, `bytes`, `error`, bodies of Blob and FormData, and the address that an
 * answer of `fetch` came from.
 */

import { addType, isBodyless, prepareBody, readBlob, readBytes, readForm } from './body.ts'
import { bytesOf } from './buffer-source.ts'
import { encode, isView, NativeHeaders, NativeResponse, tee, toJson, uncurryGetter } from './primordials.ts'
import { encodeHeaders, encodeHeadersWithType } from '../wire/headers.ts'

type Native = InstanceType<typeof NativeResponse>

/** Set on what `fetch` returns and on `Response.error()`. */
interface Origin {
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
/** What goes out besides the engine's headers. A text brings its own type along, until the app looks at the headers. */
type HeadState =
  /** The type, and there are no headers. */
  | 'bare'
  /** The type, unless the headers name one. */
  | 'untyped'
  /** Nothing. */
  | 'complete'

/** Stands for no body. */
const EMPTY = new Uint8Array(0)

let hasBrand: (value: object) => boolean
let setOrigin: (response: Response, origin: Origin) => void
let takeWhole: (response: Response) => Uint8Array | undefined
let takeHead: (response: Response) => Uint8Array
let isUsed: (response: Response) => boolean
let takeStream: (response: Response) => ReadableStream<Uint8Array> | null

export class Response extends NativeResponse {
  /** The body as it was given, until somebody reads it. */
  #whole: string | Uint8Array | undefined
  /** Its whole body went to a client. */
  #isSent = false
  #head: HeadState
  #origin: Origin | undefined
  /** Who holds the body, when that is not this object: a body that was given whole, or our half after `clone`. */
  #holder: Native | undefined

  static {
    hasBrand = (value) => #whole in value
    setOrigin = (response, origin) => {
      response.#origin = origin
    }
    takeWhole = (response) => {
      const whole = response.#whole
      if (whole === undefined || whole === EMPTY) return whole
      response.#whole = undefined
      response.#isSent = true
      return typeof whole === 'string' ? encode(whole) : whole
    }
    isUsed = (response) => response.#isUsed()
    takeHead = (response) => {
      if (response.#head === 'bare') return TEXT_HEAD
      const headers = getHeaders(response)
      return encode(
        response.#head === 'complete' ? encodeHeaders(headers) : encodeHeadersWithType(headers, TEXT_TYPE),
      )
    }
    takeStream = (response) => getBody(response.#holdBody())
  }

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if (typeof body === 'string' && init === undefined) {
      super(null)
      this.#whole = body
      this.#head = 'bare'
    } else if (typeof body === 'string' || isView(body) || body instanceof ArrayBuffer) {
      const status = init === undefined ? 200 : init.status
      super(isBodyless(status) ? body : null, init)
      this.#whole = typeof body === 'string' ? body : copy(body)
      this.#head = typeof body === 'string' ? 'untyped' : 'complete'
    } else if (body === null || body === undefined) {
      super(null, init)
      this.#whole = EMPTY
      this.#head = 'complete'
    } else {
      const prepared = prepareBody(body)
      super(prepared.body, init)
      addType(getHeaders(this), prepared.type)
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
    response.#whole = undefined
    response.#origin = { url: '', redirected: false, type: 'error' }
    return response
  }

  override get status(): number {
    return this.#origin?.type === 'error' ? 0 : getStatus(this)
  }

  override get ok(): boolean {
    return this.#origin?.type === 'error' ? false : super.ok
  }

  override get type(): string {
    return this.#origin?.type ?? 'default'
  }

  override get url(): string {
    return this.#origin?.url ?? ''
  }

  override get redirected(): boolean {
    return this.#origin?.redirected ?? false
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
    return getBody(this.#holdBody())
  }

  override get bodyUsed(): boolean {
    return this.#isSent || (this.#whole === undefined && getBodyUsed(this.#holder ?? this))
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    const holder = this.#holdBody()
    return holder === this ? super.arrayBuffer() : holder.arrayBuffer()
  }

  override text(): Promise<string> {
    const holder = this.#holdBody()
    return holder === this ? super.text() : holder.text()
  }

  override json(): Promise<unknown> {
    const holder = this.#holdBody()
    return holder === this ? super.json() : holder.json()
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
    const whole = this.#whole
    let copied: Response
    if (whole !== undefined) copied = new Response(whole === EMPTY ? null : whole, init)
    else {
      const body = getBody(this.#holder ?? this)
      if (this.#isUsed()) throw new TypeError('Response.clone: the body is already used')
      const [ours, theirs] = body === null ? [null, null] : tee(body)
      if (ours) this.#holder = new NativeResponse(ours)
      copied = new Response(theirs, init)
    }
    if (this.#origin) copied.#origin = this.#origin
    return copied
  }

  /** Whether the body is read, being read, or sent. */
  #isUsed(): boolean {
    if (this.#isSent) return true
    if (this.#whole !== undefined) return false
    const holder = this.#holder ?? this
    return getBodyUsed(holder) || getBody(holder)?.locked === true
  }

  /** Whose native body is this response's: a whole body is handed to the engine here. */
  #holdBody(): Native {
    const whole = this.#whole
    if (this.#isSent) throw new TypeError('the body of the Response is already used')
    if (whole !== undefined) {
      this.#whole = undefined
      if (whole !== EMPTY) this.#holder = new NativeResponse(whole)
    }
    return this.#holder ?? this
  }
}

function copy(body: ArrayBuffer | ArrayBufferView): Uint8Array {
  return new Uint8Array(bytesOf(body) ?? EMPTY)
}

export function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && hasBrand(value)
}

/** Status, head, whole body and stream as they are, whatever the app did to the class. */
export { getStatus, isUsed, setOrigin, takeHead, takeStream, takeWhole }
