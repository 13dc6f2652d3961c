/**
 * Request. For one that came from a client, headers, signal and `cf` are made when the app asks for them: most apps read
 * the URL and little else.
 */

import { HeaderList } from '../wire/header-list.ts'
import { abortSignal, AbortController, AbortSignal, anySignal, isAbortSignal } from './abort-signal.ts'
import { Body, extractBody, type Source } from './body.ts'
import { addBodyMembers, type BodyMembers } from './body-members.ts'
import { type Headers, toHeaderList, wrapList } from './headers.ts'
import {
  indexOf,
  NativeDOMException,
  NativeTypeError,
  NativeURL,
  parseJson,
  slice,
  test,
  toUpperCase,
} from './primordials.ts'
import {
  isObject,
  requireArguments,
  toByteString,
  toMembers,
  toScalarText,
  toText,
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

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const FORBIDDEN = /^(?:connect|trace|track)$/i
const SIMPLE = /^(?:get|head|post)$/i
const UNIFIED = /^(?:delete|get|head|options|post|put)$/i

const CACHES = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'] as const
const CREDENTIALS = ['omit', 'same-origin', 'include'] as const
const MODES = ['navigate', 'same-origin', 'no-cors', 'cors'] as const
const PRIORITIES = ['high', 'low', 'auto'] as const
const REDIRECTS = ['follow', 'error', 'manual'] as const
const POLICIES = [
  '',
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const

export type RedirectMode = (typeof REDIRECTS)[number]

/** What is seldom said of a request. What a browser does with it, and nothing here does, is told again as it was said. */
interface RequestOptions {
  redirect: RedirectMode
  cf: unknown
  cache: string
  credentials: string
  integrity: string
  keepalive: boolean
  mode: string
  referrer: string
  referrerPolicy: string
}

const DEFAULTS: Readonly<RequestOptions> = {
  redirect: 'follow',
  cf: undefined,
  cache: 'default',
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  referrer: 'about:client',
  referrerPolicy: '',
}
/** As in Workers: a client follows redirects by itself. */
const OF_CLIENT: Readonly<RequestOptions> = { ...DEFAULTS, redirect: 'manual' }

/**
 * What a request is, whoever made it. Its fields are no fields of the class: the engine takes three times as long for
 * those.
 */
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
    this.list = undefined
    this.headers = undefined
    this.signal = undefined
    this.follows = undefined
    this.incoming = undefined
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
  let cf: unknown = {}
  if (headers[0] === ':') {
    const value = indexOf(headers, '\n', 0) + 1
    at = indexOf(headers, '\n', value) + 1
    cf = parseJson(slice(headers, value, at - 1))
  }
  parts.options = { ...OF_CLIENT, cf }
  const list = new HeaderList(slice(headers, at))
  list.isFixed = true
  return list
}

// what an app puts on `Object.prototype` is not theirs
Object.setPrototypeOf(RequestParts.prototype, null)

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
  addOptions(parts, init)
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

function addOptions(parts: RequestParts, init: RequestInit): void {
  const { cache, cf, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy } = init
  const isNone =
    redirect === undefined &&
    cf === undefined &&
    cache === undefined &&
    credentials === undefined &&
    integrity === undefined &&
    keepalive === undefined &&
    mode === undefined &&
    referrer === undefined &&
    referrerPolicy === undefined
  if (isNone) return
  const old = parts.options
  const options = {
    redirect: redirect === undefined ? old.redirect : toWord(redirect, REDIRECTS, 'Request: redirect'),
    cf: isObject(cf) ? cf : old.cf,
    cache: cache === undefined ? old.cache : toWord(cache, CACHES, 'Request: cache'),
    credentials:
      credentials === undefined ? old.credentials : toWord(credentials, CREDENTIALS, 'Request: credentials'),
    integrity: integrity === undefined ? old.integrity : toText(integrity),
    keepalive: keepalive === undefined ? old.keepalive : Boolean(keepalive),
    mode: mode === undefined ? old.mode : toWord(mode, MODES, 'Request: mode'),
    referrer: referrer === undefined ? old.referrer : toReferrer(toScalarText(referrer)),
    referrerPolicy:
      referrerPolicy === undefined
        ? old.referrerPolicy
        : toWord(referrerPolicy, POLICIES, 'Request: referrerPolicy'),
  }
  if (options.mode === 'navigate') throw new NativeTypeError('Request: expected a mode other than "navigate"')
  if (options.mode === 'no-cors' && !test(SIMPLE, toText(init.method ?? parts.method))) {
    throw new NativeTypeError('Request: expected the method GET, HEAD or POST for the mode "no-cors"')
  }
  if (options.cache === 'only-if-cached' && options.mode !== 'same-origin') {
    throw new NativeTypeError('Request: expected the mode "same-origin" for the cache "only-if-cached"')
  }
  parts.options = options
}

/** There is no page that a request could come from. */
function toReferrer(text: string): string {
  if (text === '') return ''
  const { href } = new NativeURL(text, DEFAULTS.referrer)
  return href === DEFAULTS.referrer ? href : DEFAULTS.referrer
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
  const own = body === undefined ? null : new Body(body, '', undefined, true)
  const parts = new RequestParts(incoming.method, incoming.url, own, OF_CLIENT)
  parts.incoming = incoming
  return new Request(parts)
}

/** The client is gone: whoever listens to the signal is told. */
export function abortIncoming(incoming: Incoming): void {
  incoming.gone = true
  if (incoming.controller !== undefined) {
    abortSignal(incoming.controller.signal, new NativeDOMException('The client went away', 'AbortError'))
  }
}

export { isRequest, partsOf }
