/**
 * Response. What it says about itself is plain data; headers become an object when the app looks at them.
 */

import { HeaderList } from '../wire/header-list.ts'
import { Body, extractBody, SPENT, TEXT_TYPE } from './body.ts'
import { addBodyMembers, type BodyMembers } from './body-members.ts'
import { type Headers, toHeaderList, wrapList } from './headers.ts'
import type { WebSocket } from '../lazy/web-socket.ts'
import { webSockets } from './web-socket-part.ts'
import { encode, NativeRangeError, NativeTypeError, NativeURL, test, toJson } from './primordials.ts'
import {
  finishParts,
  isObject,
  requireArguments,
  toByteString,
  toMembers,
  toScalarText,
  toUnsignedShort,
  toWord,
} from './web-idl.ts'

const TEXT_HEAD = encode(`content-type\n${TEXT_TYPE}\n`)
const JSON_LINES = 'content-type\napplication/json\n'
const CODING = 'content-encoding'
const EMPTY = new Uint8Array(0)
const UPGRADED = 101
const REASON = /^[\t -~\x80-\xff]*$/

/** Where it came from. */
export interface Provenance {
  readonly type: string
  readonly url: string
  readonly redirected: boolean
}

/** What a response is, whoever made it. */
export class ResponseParts {
  declare status: number
  declare statusText: string
  /** A text stays one until somebody looks at it. */
  declare content: Body | string | null
  /** Undefined: none but the type of its body. */
  declare list: HeaderList | undefined
  declare headers: Headers | undefined
  declare from: Provenance
  /** As in Workers: whether the body is packed as `content-encoding` says, when it is sent. */
  declare isPlain: boolean
  /** It is one of a WebSocket, which goes with it. */
  declare webSocket: WebSocket | undefined

  constructor(content: Body | string | null, list: HeaderList | undefined) {
    this.content = content
    this.list = list
  }

  /** Whether the body has to be packed before it is sent. */
  get isPackable(): boolean {
    const { content, isPlain, list } = this
    if (content === null || !isPlain || list === undefined || !list.mayHave(CODING)) return false
    return list.get(CODING) === 'gzip'
  }

  /** Without a coding that Workers would pack the body in, and NANO does not: it goes out plain. */
  toSentLines(): string {
    const { content, isPlain } = this
    const list = this.toList()
    if (content === null || !isPlain || !list.mayHave(CODING) || list.get(CODING) !== 'br')
      return list.toLines()
    const sent = list.copy()
    sent.delete(CODING)
    return sent.toLines()
  }

  get isError(): boolean {
    return this.from === FAILED
  }

  get body(): Body | null {
    const { content } = this
    return typeof content === 'string' ? (this.content = new Body(content, TEXT_TYPE)) : content
  }

  get contentType(): string | null {
    return this.toList().get('content-type')
  }

  /** From here on the headers say all. */
  toList(): HeaderList {
    return (this.list ??= typedList(typeOf(this.content)))
  }

  /** Its bytes, if it is whole and nobody has read it; taken then. */
  takeWhole(): Uint8Array<ArrayBuffer> | undefined {
    const { content } = this
    if (typeof content === 'string') {
      this.content = SPENT
      return encode(content)
    }
    if (content === null) return EMPTY
    return content.isUsed ? undefined : content.takeWhole()
  }

  /** As the world carries it: what is not a header has a colon before its name. */
  toHead(): Uint8Array<ArrayBuffer> {
    const { content, list, statusText } = this
    const isUnknown = typeof content === 'string' || content === null || this.isPackable
    const length = isUnknown ? undefined : content.length
    if (statusText !== '' || length !== undefined) {
      const reason = statusText === '' ? '' : `:reason\n${statusText}\n`
      const size = length === undefined ? '' : `:length\n${length}\n`
      return encode(reason + size + this.toSentLines())
    }
    if (list !== undefined) return encode(this.toSentLines())
    return typeOf(content) === TEXT_TYPE ? TEXT_HEAD : encode(this.toList().toLines())
  }
}

const MADE: Provenance = { type: 'default', url: '', redirected: false }
const FAILED: Provenance = { type: 'error', url: '', redirected: false }

finishParts(ResponseParts, {
  status: 200,
  statusText: '',
  headers: undefined,
  from: MADE,
  isPlain: true,
  webSocket: undefined,
})

const typeOf = (content: Body | string | null): string =>
  typeof content === 'string' ? TEXT_TYPE : content === null ? '' : content.type

const typedList = (type: string) => new HeaderList(type === '' ? '' : `content-type\n${type}\n`)

let partsOf: (response: Response) => ResponseParts
let isResponse: (value: unknown) => value is Response

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- its body's members are added below
export interface Response extends BodyMembers {}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see above
export class Response {
  #parts: ResponseParts

  static {
    partsOf = (response) => response.#parts
    isResponse = (value): value is Response => typeof value === 'object' && value !== null && #parts in value
  }

  /** `body`: also the parts of a response, which become this one's own. */
  // oxlint-disable-next-line typescript/no-useless-default-assignment -- an interface has the length of what it demands
  constructor(body: unknown = undefined, init: ResponseInit | null | undefined = undefined) {
    if (body instanceof ResponseParts) this.#parts = body
    else {
      const parts = new ResponseParts(toContent(body), undefined)
      if (init !== undefined && init !== null) addInit(parts, init)
      this.#parts = parts
    }
  }

  static error(): Response {
    const parts = new ResponseParts(null, undefined)
    parts.from = FAILED
    parts.status = 0
    parts.toList().isFixed = true
    return new Response(parts)
  }

  // oxlint-disable-next-line typescript/no-useless-default-assignment -- an interface has the length of what it demands
  static json(data: unknown, given: ResponseInit | null | undefined = undefined): Response {
    const text = toJson(data)
    if (text === undefined) throw new NativeTypeError('Response.json: the value cannot be written as JSON')
    if (given === undefined) return new Response(new ResponseParts(text, new HeaderList(JSON_LINES)))
    const init = toMembers(given, 'Response.json')
    const list = init.headers === undefined ? new HeaderList('') : readHeaders(init.headers)
    if (!list.hasType()) list.append('content-type', 'application/json')
    const parts = new ResponseParts(text, list)
    addStatus(parts, init)
    return new Response(parts)
  }

  static redirect(url: string | URL, ...more: [status?: number]): Response {
    requireArguments(arguments.length, 1, 'Response.redirect')
    const location = new NativeURL(toScalarText(url)).href
    const status = more[0] === undefined ? 302 : toUnsignedShort(more[0])
    if (status !== 301 && status !== 302 && status !== 303 && status !== 307 && status !== 308) {
      throw new NativeRangeError(`Response.redirect: expected 301, 302, 303, 307 or 308, got ${status}`)
    }
    const list = new HeaderList(`location\n${location}\n`)
    list.isFixed = true
    const parts = new ResponseParts(null, list)
    parts.status = status
    return new Response(parts)
  }

  get type(): string {
    return this.#parts.from.type
  }

  get url(): string {
    return this.#parts.from.url
  }

  get redirected(): boolean {
    return this.#parts.from.redirected
  }

  get status(): number {
    return this.#parts.status
  }

  get ok(): boolean {
    const { status } = this.#parts
    return status >= 200 && status <= 299
  }

  get statusText(): string {
    return this.#parts.statusText
  }

  get headers(): Headers {
    const parts = this.#parts
    return (parts.headers ??= wrapList(parts.toList()))
  }

  /** As Workers have it: the end of a WebSocket that comes, or goes, with it. */
  get webSocket(): WebSocket | null {
    return this.#parts.webSocket ?? null
  }

  clone(): Response {
    const parts = this.#parts
    if (parts.webSocket !== undefined) {
      throw new NativeTypeError('Response.clone: a response of a WebSocket cannot be cloned')
    }
    const list = parts.toList()
    const copy = new ResponseParts(parts.body?.clone() ?? null, list.copy())
    copy.status = parts.status
    copy.statusText = parts.statusText
    copy.from = parts.from
    copy.isPlain = parts.isPlain
    if (list.isFixed) copy.toList().isFixed = true
    return new Response(copy)
  }
}

addBodyMembers(Response.prototype, (of) => partsOf(of as Response))

function toContent(body: unknown): Body | string | null {
  if (typeof body === 'string') return body
  return body === undefined || body === null ? null : extractBody(body)
}

/** The members of `init` in the order of the standard's dictionary. */
function addInit(parts: ResponseParts, init: ResponseInit): void {
  if (!isObject(init)) throw new NativeTypeError(`Response: expected an object, got ${typeof init}`)
  const { headers } = init
  if (headers !== undefined) {
    const list = (parts.list = readHeaders(headers))
    const type = typeOf(parts.content)
    if (type !== '' && !list.hasType()) list.append('content-type', type)
  }
  addStatus(parts, init)
}

function readHeaders(headers: HeadersInit): HeaderList {
  if (!isObject(headers)) throw new NativeTypeError('Response: expected headers to be an object')
  return toHeaderList(headers)
}

function addStatus(parts: ResponseParts, init: ResponseInit): void {
  const { encodeBody, status, statusText, webSocket } = init
  if (encodeBody !== undefined) {
    parts.isPlain = toWord(encodeBody, ['automatic', 'manual'], 'Response: encodeBody') === 'automatic'
  }
  if (webSocket !== undefined && webSocket !== null) parts.webSocket = toWebSocket(webSocket)
  if (status !== undefined) parts.status = toStatus(status, parts.webSocket !== undefined)
  if (statusText !== undefined) parts.statusText = toReason(statusText)
  if (parts.webSocket !== undefined && parts.status !== UPGRADED) {
    throw new NativeRangeError(
      `Response: expected the status ${UPGRADED} with a webSocket, got ${parts.status}`,
    )
  }
  if (status === undefined || parts.content === null || !isBodyless(parts.status)) return
  // as in Workers: an empty text is no body
  if (parts.content !== '') {
    throw new NativeTypeError(`Response: expected no body for the status ${parts.status}, got one`)
  }
  parts.content = null
}

function toWebSocket(given: unknown): WebSocket {
  if (webSockets().isSocket(given)) return given
  throw new NativeTypeError('Response: expected a WebSocket as the webSocket')
}

function toStatus(given: unknown, isUpgrade: boolean): number {
  const status = toUnsignedShort(given)
  if (isUpgrade && status === UPGRADED) return status
  if (status >= 200 && status <= 599) return status
  throw new NativeRangeError(`Response: expected a status from 200 to 599, got ${status}`)
}

function toReason(given: unknown): string {
  const text = toByteString(given)
  if (text === '' || test(REASON, text)) return text
  throw new NativeTypeError('Response: expected a statusText without control characters')
}

/** Statuses whose messages have no body. */
export function isBodyless(status: number): boolean {
  return status === 101 || status === 103 || status === 204 || status === 205 || status === 304
}

export { isResponse, partsOf }
