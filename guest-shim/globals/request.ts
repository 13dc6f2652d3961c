/**
 * Request. For one that came from a client, headers, signal and `cf` are made when the app asks for them: most apps read
 * the URL and little else.
 */

import { HeaderList } from '../wire/header-list.ts'
import { abortSignal, AbortController, AbortSignal, anySignal, isAbortSignal } from './abort-signal.ts'
import { Body, extractBody, type Source, lengthOf } from './body.ts'
import {
  ClientOptions,
  DEFAULTS,
  OF_CLIENT,
  PRIORITIES,
  readOptions,
  type RequestOptions,
} from './request-options.ts'
import { addBodyMembers, type BodyMembers } from './body-members.ts'
import { type Headers, toHeaderList, wrapList } from './headers.ts'
import {
  indexOf,
  NativeDOMException,
  NativeTypeError,
  NativeURL,
  slice,
  test,
  toUpperCase,
} from './primordials.ts'
import {
  finishParts,
  isObject,
  requireArguments,
  toByteString,
  toMembers,
  toScalarText,
  toWord,
} from './web-idl.ts'

/** What came with a client's request; the host's record, kept instead of copied. */
export interface Incoming {
  readonly id: number
  readonly method: string
  readonly url: string
  /** As on the wire. */
  readonly headers: string
  controller?: AbortController
  gone?: boolean
}

const EMPTY = /(?:^|\n)content-length\n0\n/
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const FORBIDDEN = /^(?:connect|trace|track)$/i
const UNIFIED = /^(?:delete|get|head|options|post|put)$/i

/** What a request is, whoever made it. */
export class RequestParts {
  declare method: string
  declare url: string
  declare body: Body | null
  declare options: Readonly<RequestOptions>
  declare list: HeaderList | undefined
  declare headers: Headers | undefined
  declare signal: AbortSignal | undefined
  /** Whose signal its own follows. */
  declare follows: AbortSignal | RequestParts | undefined
  /** Until its headers are asked for, and for its signal. */
  declare incoming: Incoming | undefined

  constructor(method: string, url: string, body: Body | null, options: Readonly<RequestOptions>) {
    this.method = method
    this.url = url
    this.body = body
    this.options = options
  }

  get contentType(): string | null {
    return this.toList().get('content-type')
  }

  toList(): HeaderList {
    return (this.list ??=
      this.incoming === undefined ? new HeaderList('') : openIncoming(this, this.incoming))
  }

  /** The signal that a fetch of it has to listen to, if there is one that could abort. */
  toSource(): AbortSignal | undefined {
    if (this.signal !== undefined || this.incoming !== undefined) return this.toSignal()
    return this.follows instanceof RequestParts ? this.follows.toSource() : this.follows
  }

  toSignal(): AbortSignal {
    return (this.signal ??= openSignal(this))
  }
}

function openSignal({ incoming, follows }: RequestParts): AbortSignal {
  if (incoming !== undefined) {
    incoming.controller ??= new AbortController()
    const { signal } = incoming.controller
    if (incoming.gone === true && !signal.aborted) abortIncoming(incoming)
    return signal
  }
  if (follows === undefined) return new AbortController().signal
  return anySignal([follows instanceof RequestParts ? follows.toSignal() : follows])
}

/** What the host says of a request beside its headers has a colon before its name, and comes first. */
function openIncoming(parts: RequestParts, { headers }: Incoming): HeaderList {
  let at = 0
  let said = ''
  if (headers[0] === ':') {
    const value = indexOf(headers, '\n', 0) + 1
    at = indexOf(headers, '\n', value) + 1
    said = slice(headers, value, at - 1)
  }
  parts.options = new ClientOptions(said)
  const list = new HeaderList(at === 0 ? headers : slice(headers, at))
  list.isFixed = true
  return list
}

finishParts(RequestParts, {
  list: undefined,
  headers: undefined,
  signal: undefined,
  follows: undefined,
  incoming: undefined,
})

let partsOf: (request: Request) => RequestParts
let isRequest: (value: unknown) => value is Request

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- its body's members are added below
export interface Request extends BodyMembers {}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see above
export class Request {
  #parts: RequestParts

  static {
    partsOf = (request) => request.#parts
    isRequest = (value): value is Request => typeof value === 'object' && value !== null && #parts in value
  }

  /** `input`: also the parts of a request, which become this one's own. */
  // oxlint-disable-next-line typescript/no-useless-default-assignment -- an interface has the length of what it demands
  constructor(input: unknown, init: RequestInit | null | undefined = undefined) {
    if (input instanceof RequestParts) this.#parts = input
    else {
      requireArguments(arguments.length, 1, 'Request')
      this.#parts = toParts(input, init)
    }
  }

  get method(): string {
    return this.#parts.method
  }

  get url(): string {
    return this.#parts.url
  }

  get headers(): Headers {
    const parts = this.#parts
    return (parts.headers ??= wrapList(parts.toList()))
  }

  get destination(): string {
    void this.#parts
    return ''
  }

  get referrer(): string {
    return this.#parts.options.referrer
  }

  get referrerPolicy(): string {
    return this.#parts.options.referrerPolicy
  }

  get mode(): string {
    return this.#parts.options.mode
  }

  get credentials(): string {
    return this.#parts.options.credentials
  }

  get cache(): string {
    return this.#parts.options.cache
  }

  get redirect(): string {
    return this.#parts.options.redirect
  }

  get integrity(): string {
    return this.#parts.options.integrity
  }

  get keepalive(): boolean {
    return this.#parts.options.keepalive
  }

  get isReloadNavigation(): boolean {
    void this.#parts
    return false
  }

  get isHistoryNavigation(): boolean {
    void this.#parts
    return false
  }

  get signal(): AbortSignal {
    return this.#parts.toSignal()
  }

  get duplex(): string {
    void this.#parts
    return 'half'
  }

  /** As Workers have it: what is known about a client's connection. */
  get cf(): unknown {
    const parts = this.#parts
    if (parts.incoming !== undefined) parts.toList()
    return parts.options.cf
  }

  clone(): Request {
    const parts = this.#parts
    const list = parts.toList()
    const body = parts.body === null ? null : parts.body.clone()
    const copy = new RequestParts(parts.method, parts.url, body, parts.options)
    copy.list = list.copy()
    copy.list.isFixed = list.isFixed
    copy.follows = parts
    return new Request(copy)
  }
}

addBodyMembers(Request.prototype, (of) => partsOf(of as Request))

/** The steps of the standard's constructor. */
function toParts(input: unknown, given: RequestInit | null | undefined): RequestParts {
  const source = isRequest(input) ? partsOf(input) : undefined
  // the list first: what else the host says comes with it
  const list = source?.toList()
  const parts =
    source === undefined
      ? new RequestParts('GET', toUrl(toScalarText(input)), null, DEFAULTS)
      : new RequestParts(source.method, source.url, null, source.options)
  parts.follows = source
  const init = toMembers(given, 'Request')
  if (given !== undefined && given !== null) addInit(parts, init)
  if (init.headers !== undefined) {
    if (!isObject(init.headers)) throw new NativeTypeError('Request: expected headers to be an object')
    parts.list = toHeaderList(init.headers)
  } else parts.list = list?.copy()
  const body = init.body === undefined || init.body === null ? null : init.body
  const inherited = init.body === undefined && source !== undefined ? source.body : null
  if ((body !== null || inherited !== null) && (parts.method === 'GET' || parts.method === 'HEAD')) {
    throw new NativeTypeError(`Request: expected no body for the method ${parts.method}, got one`)
  }
  if (body !== null) {
    parts.body = extractBody(body)
    const { type } = parts.body
    if (type !== '' && !parts.toList().hasType()) parts.toList().append('content-type', type)
  } else if (inherited !== null) parts.body = inherited.handOn()
  return parts
}

function toUrl(text: string): string {
  const url = new NativeURL(text)
  if (url.username !== '' || url.password !== '') {
    throw new NativeTypeError(
      'Request: expected a URL without user name and password; send an authorization header',
    )
  }
  return url.href
}

/** The members of `init` but for headers and body. */
function addInit(parts: RequestParts, init: RequestInit): void {
  if (init.window !== undefined && init.window !== null) {
    throw new NativeTypeError('Request: expected no window, got one')
  }
  parts.options = readOptions(parts.options, init, parts.method)
  if (init.method !== undefined) parts.method = toMethod(init.method)
  if (init.duplex !== undefined) toWord(init.duplex, ['half'], 'Request: duplex')
  if (init.priority !== undefined) toWord(init.priority, PRIORITIES, 'Request: priority')
  const { signal } = init
  if (signal === undefined) return
  if (signal !== null && !isAbortSignal(signal)) {
    throw new NativeTypeError('Request: expected signal to be an AbortSignal')
  }
  parts.follows = signal ?? undefined
}

function toMethod(given: unknown): string {
  const method = toByteString(given)
  if (!test(METHOD, method) || test(FORBIDDEN, method)) {
    throw new NativeTypeError(`Request: expected a method that a program may use, got "${method}"`)
  }
  return test(UNIFIED, method) ? toUpperCase(method) : method
}

/** The Request that the app gets for a client's request. */
export function openRequest(incoming: Incoming, body: Source | undefined): Request {
  // the world's bytes are of another realm
  const parts = new RequestParts(incoming.method, incoming.url, null, OF_CLIENT)
  parts.incoming = incoming
  if (body !== undefined) {
    const length = typeof body === 'function' ? lengthOf(parts.toList()) : undefined
    parts.body = new Body(body, '', length, true)
  } else if (saysEmpty(incoming)) parts.body = new Body(new Uint8Array(0), '')
  return new Request(parts)
}

/** A length says that there is a body (RFC 9112 6), be it 0. */
const saysEmpty = ({ method, headers }: Incoming): boolean =>
  method !== 'GET' && method !== 'HEAD' && test(EMPTY, headers)

/** The client is gone: whoever listens to the signal is told. */
export function abortIncoming(incoming: Incoming): void {
  incoming.gone = true
  if (incoming.controller !== undefined) {
    abortSignal(incoming.controller.signal, new NativeDOMException('The client went away', 'AbortError'))
  }
}

export { isRequest, partsOf }
