/**
 * Response, over the engine's own. It remembers a body that was given whole, so that a response whose body nobody
 * looked at goes out as these bytes, without a stream. It adds what the engine lacks: `clone`, `bytes`, `error`,
 * bodies of Blob and FormData, and the address that an answer of `fetch` came from.
 */

import { addType, prepareBody, readBlob, readBytes, readForm } from './body.ts'
import {
  deleteHeader,
  encode,
  isView,
  NativeHeaders,
  NativeResponse,
  tee,
  toJson,
  uncurryGetter,
} from './primordials.ts'

type Whole = string | Uint8Array | undefined

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

const EMPTY = new Uint8Array(0)
/** Copying more than this to remember it costs more than the stream. */
const MOST_REMEMBERED = 262_144
const REDIRECTS = [301, 302, 303, 307, 308]

let hasBrand: (value: object) => boolean
let getWhole: (response: Response) => Whole
let setOrigin: (response: Response, origin: Origin) => void
let getBranch: (response: Response) => ReadableStream<Uint8Array> | null

export class Response extends NativeResponse {
  /** The body as it was given, while nobody has asked for the stream. */
  #whole: Whole
  #origin: Origin | undefined
  #isLengthDropped = false
  /** After `clone`: our half of the body. */
  #branch: InstanceType<typeof NativeResponse> | undefined

  static {
    hasBrand = (value) => #whole in value
    getWhole = (response) => response.#whole
    setOrigin = (response, origin) => {
      response.#origin = origin
    }
    getBranch = (response) => getBody(response.#branch ?? response)
  }

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if (typeof body === 'string') {
      super(body, init)
      this.#whole = body
    } else if (body === null || body === undefined) {
      super(null, init)
      this.#whole = EMPTY
    } else if (isView(body) || body instanceof ArrayBuffer) {
      super(body, init)
      if (body.byteLength <= MOST_REMEMBERED) this.#whole = copy(body)
    } else {
      const prepared = prepareBody(body)
      super(prepared.body, init)
      addType(getHeaders(this), prepared.type)
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
    if (!REDIRECTS.includes(status))
      throw new RangeError(`Response.redirect: ${status} is not a redirect status`)
    return new Response(null, { status, headers: { location: new URL(`${url}`).href } })
  }

  static error(): Response {
    const response = new Response()
    response.#whole = undefined
    setOrigin(response, { url: '', redirected: false, type: 'error' })
    return response
  }

  /** Without the length that the engine adds: copied to a Response with another body it would be wrong. */
  override get headers(): Headers {
    const headers = getHeaders(this)
    if (this.#whole !== undefined && this.#whole !== EMPTY && !this.#isLengthDropped) {
      this.#isLengthDropped = true
      deleteHeader(headers, 'content-length')
    }
    return headers
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

  override get body(): ReadableStream<Uint8Array> | null {
    if (this.#whole !== undefined) void this.headers
    this.#whole = undefined
    return getBody(this.#branch ?? this)
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

  clone(): Response {
    const body = getBody(this.#branch ?? this)
    if (this.bodyUsed || body?.locked) throw new TypeError('Response.clone: the body is already used')
    const init = { status: getStatus(this), statusText: this.statusText, headers: this.headers }
    let copied: Response
    if (body === null) copied = new Response(null, init)
    else if (this.#whole !== undefined) copied = new Response(this.#whole, init)
    else {
      const [ours, theirs] = tee(body)
      this.#branch = new NativeResponse(ours, { headers: this.headers })
      copied = new Response(theirs, init)
    }
    if (this.#origin) setOrigin(copied, this.#origin)
    return copied
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }

function copy(body: ArrayBuffer | ArrayBufferView): Uint8Array {
  return body instanceof ArrayBuffer
    ? new Uint8Array(body.slice(0))
    : new Uint8Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer)
}

export function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && hasBrand(value)
}

/** The whole body, when it was given whole and is untouched. */
export function takeWhole(response: Response): Uint8Array | undefined {
  const whole = getWhole(response)
  if (whole === undefined || getBodyUsed(response)) return undefined
  return typeof whole === 'string' ? encode(whole) : whole
}

/** The body as a stream, whatever the app did to the class. */
export const takeStream = (response: Response) => getBranch(response)

export { getHeaders, getStatus, setOrigin }
