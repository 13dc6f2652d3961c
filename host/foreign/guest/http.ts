/** wasi:http over the pipe: the request that the host brings, the response to it, and the component's own fetches. */

import { type AnswerFrame, type FetchFrame, FROM_GUEST, type RequestFrame, TO_GUEST } from '../frame.ts'
import { PipeSink, PipeSource } from './bodies.ts'
import { Fields } from './fields.ts'
import { hear, say } from './pipe.ts'
import { Pollable } from './poll.ts'
import { InputStream, OutputStream } from './streams.ts'

/* oxlint-disable typescript/only-throw-error -- what is thrown are cases of the interface's own errors, and nothing for a result without one */

interface Tagged {
  readonly tag: string
  readonly val?: unknown
}

const METHODS = new Set(['get', 'head', 'post', 'put', 'delete', 'connect', 'options', 'trace', 'patch'])
const METHOD = /^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,64}$/
const REQUEST_BODY = {
  pull: FROM_GUEST.pull,
  chunk: TO_GUEST.body,
  end: TO_GUEST.bodyEnd,
  fail: TO_GUEST.bodyFailed,
}
export const ANSWER_BODY = {
  pull: FROM_GUEST.fetchPull,
  chunk: TO_GUEST.answerBody,
  end: TO_GUEST.answerEnd,
  fail: TO_GUEST.answerFailed,
  abort: FROM_GUEST.fetchAbort,
}
const RESPONSE_BODY = { chunk: FROM_GUEST.chunk, end: FROM_GUEST.end, room: TO_GUEST.room }
export const FETCH_BODY = { chunk: FROM_GUEST.fetchBody, end: FROM_GUEST.fetchEnd, room: TO_GUEST.fetchRoom }

let lastFetch = 0

/** The id of a fetch, or of a connection. */
export const nextFetch = (): number => ++lastFetch

const toMethod = (name: string): Tagged =>
  METHODS.has(name.toLowerCase()) ? { tag: name.toLowerCase() } : { tag: 'other', val: name }

export class IncomingBody {
  readonly #source: PipeSource
  #isTaken = false

  constructor(source: PipeSource) {
    this.#source = source
  }

  stream(): InputStream {
    if (this.#isTaken) throw undefined
    this.#isTaken = true
    return new InputStream(this.#source)
  }

  static finish(body: IncomingBody): FutureTrailers {
    body[Symbol.dispose]()
    return new FutureTrailers()
  }

  [Symbol.dispose](): void {
    this.#source.drop()
  }
}

/** There are none. */
export class FutureTrailers {
  #isTaken = false

  subscribe(): Pollable {
    return new Pollable(() => true)
  }

  get(): unknown {
    if (this.#isTaken) return { tag: 'err', val: undefined }
    this.#isTaken = true
    return { tag: 'ok', val: { tag: 'ok', val: undefined } }
  }
}

/** What has a body that comes in. */
class Incoming {
  readonly #headers: Fields
  readonly #body: IncomingBody
  #isTaken = false

  constructor(headers: Fields, source: PipeSource) {
    this.#headers = headers
    this.#body = new IncomingBody(source)
  }

  headers(): Fields {
    return this.#headers
  }

  consume(): IncomingBody {
    if (this.#isTaken) throw undefined
    this.#isTaken = true
    return this.#body
  }
}

export class IncomingRequest extends Incoming {
  readonly #frame: RequestFrame

  constructor(id: number, frame: RequestFrame) {
    super(Fields.ofPairs(frame.headers), new PipeSource(id, REQUEST_BODY))
    this.#frame = frame
  }

  method(): Tagged {
    return toMethod(this.#frame.method)
  }

  pathWithQuery(): string {
    return this.#frame.path
  }

  scheme(): Tagged {
    return { tag: this.#frame.scheme === 'https' ? 'HTTPS' : 'HTTP' }
  }

  authority(): string {
    return this.#frame.authority
  }
}

export class IncomingResponse extends Incoming {
  readonly #status: number

  constructor(id: number, { status, headers }: AnswerFrame, source: PipeSource) {
    super(Fields.ofPairs(headers), source)
    this.#status = status
  }

  status(): number {
    return this.#status
  }
}

export class OutgoingBody {
  readonly #sink: PipeSink
  /** What the head says. */
  readonly #length: number | undefined
  #isTaken = false
  #onCut: () => void = () => {}

  constructor(sink: PipeSink, length: number | undefined) {
    this.#sink = sink
    this.#length = length
  }

  write(): OutputStream {
    if (this.#isTaken) throw undefined
    this.#isTaken = true
    return new OutputStream(this.#sink)
  }

  static onCut(body: OutgoingBody, act: () => void): void {
    body.#onCut = act
  }

  static finish(body: OutgoingBody): void {
    const { written } = body.#sink
    if (body.#length !== undefined && written !== body.#length) {
      body[Symbol.dispose]()
      throw { tag: 'HTTP-response-body-size', val: BigInt(written) }
    }
    body.#sink.finish()
  }

  /** It is not whole. */
  [Symbol.dispose](): void {
    if (this.#sink.isWhole) return
    this.#sink.stop()
    this.#onCut()
  }
}

function lengthOf(headers: Fields): number | undefined {
  const [value] = headers.get('content-length')
  const text = value === undefined ? '' : Buffer.from(value).toString('latin1')
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

export class OutgoingResponse {
  readonly #headers: Fields
  readonly #sink = new PipeSink(RESPONSE_BODY)
  #status = 200
  #body: OutgoingBody | undefined

  constructor(headers: Fields) {
    this.#headers = headers.lock()
  }

  statusCode(): number {
    return this.#status
  }

  setStatusCode(status: number): void {
    if (!Number.isInteger(status) || status < 100 || status > 999) throw undefined
    this.#status = status
  }

  headers(): Fields {
    return this.#headers
  }

  body(): OutgoingBody {
    if (this.#body !== undefined) throw undefined
    return (this.#body = new OutgoingBody(this.#sink, lengthOf(this.#headers)))
  }

  /** It goes out. */
  static send(response: OutgoingResponse, id: number): PipeSink {
    const status = response.#status
    const sink = response.#sink
    say(FROM_GUEST.head, id, JSON.stringify({ status, headers: Fields.pairsOf(response.#headers) }))
    sink.begin(id)
    if (response.#body === undefined) sink.finish()
    else OutgoingBody.onCut(response.#body, () => say(FROM_GUEST.fail, id, '"the body was given up"'))
    return sink
  }
}

export class ResponseOutparam {
  readonly #id: number
  readonly #onGone: (stop: () => void) => void
  #isSet = false

  constructor(id: number, onGone: (stop: () => void) => void) {
    this.#id = id
    this.#onGone = onGone
  }

  static set(out: ResponseOutparam, response: Tagged): void {
    if (out.#isSet) throw new Error('the response is set already')
    out.#isSet = true
    if (response.tag !== 'ok') return say(FROM_GUEST.fail, out.#id, JSON.stringify(describe(response.val)))
    const sink = OutgoingResponse.send(response.val as OutgoingResponse, out.#id)
    out.#onGone(() => sink.stop())
  }
}

/** No more than what there is of it. */
function describe(error: unknown): string {
  const { tag = 'internal-error', val } = (error ?? {}) as Partial<Tagged>
  return typeof val === 'string' ? `${tag}: ${val}` : tag
}

export class OutgoingRequest {
  readonly #headers: Fields
  readonly #sink = new PipeSink(FETCH_BODY)
  #method: Tagged = { tag: 'get' }
  #scheme: Tagged | undefined
  #authority: string | undefined
  #path: string | undefined
  #body: OutgoingBody | undefined

  constructor(headers: Fields) {
    this.#headers = headers.lock()
  }

  body(): OutgoingBody {
    if (this.#body !== undefined) throw undefined
    return (this.#body = new OutgoingBody(this.#sink, lengthOf(this.#headers)))
  }

  method(): Tagged {
    return this.#method
  }

  setMethod(method: Tagged): void {
    if (method.tag === 'other' && !METHOD.test(String(method.val))) throw undefined
    this.#method = method
  }

  pathWithQuery(): string | undefined {
    return this.#path
  }

  setPathWithQuery(path: string | undefined): void {
    if (path !== undefined && !/^[\x21-\x7e]*$/.test(path)) throw undefined
    this.#path = path
  }

  scheme(): Tagged | undefined {
    return this.#scheme
  }

  setScheme(scheme: Tagged | undefined): void {
    this.#scheme = scheme
  }

  authority(): string | undefined {
    return this.#authority
  }

  setAuthority(authority: string | undefined): void {
    if (authority !== undefined && !/^[\w.:[\]-]{1,300}$/.test(authority)) throw undefined
    this.#authority = authority
  }

  headers(): Fields {
    return this.#headers
  }

  static send(request: OutgoingRequest): FutureIncomingResponse {
    const { tag, val } = request.#method
    const scheme = request.#scheme?.tag ?? 'HTTPS'
    if (scheme !== 'HTTP' && scheme !== 'HTTPS') throw { tag: 'HTTP-protocol-error' }
    if (request.#authority === undefined) throw { tag: 'HTTP-request-URI-invalid' }
    const path = request.#path ?? '/'
    const frame: FetchFrame = {
      method: tag === 'other' ? String(val) : tag.toUpperCase(),
      url: `${scheme.toLowerCase()}://${request.#authority}${path.startsWith('/') ? path : `/${path}`}`,
      headers: Fields.pairsOf(request.#headers),
    }
    const id = nextFetch()
    const future = new FutureIncomingResponse(id)
    say(FROM_GUEST.fetch, id, JSON.stringify(frame))
    request.#sink.begin(id)
    if (request.#body === undefined) request.#sink.finish()
    else OutgoingBody.onCut(request.#body, () => say(FROM_GUEST.fetchAbort, id))
    return future
  }
}

export class FutureIncomingResponse {
  readonly #id: number
  #outcome: unknown
  #isTaken = false

  constructor(id: number) {
    this.#id = id
    // what comes behind the head is its body's
    hear(TO_GUEST.answer, id, ({ payload }) => {
      const source = new PipeSource(id, ANSWER_BODY)
      const frame = JSON.parse(payload.toString()) as AnswerFrame
      this.#outcome = { tag: 'ok', val: new IncomingResponse(id, frame, source) }
      hear(TO_GUEST.answer, id, undefined)
    })
    hear(TO_GUEST.answerFailed, id, ({ payload }) => {
      this.#outcome = { tag: 'err', val: JSON.parse(payload.toString()) }
      this.#forget()
    })
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#outcome !== undefined)
  }

  get(): unknown {
    if (this.#outcome === undefined) return undefined
    if (this.#isTaken) return { tag: 'err', val: undefined }
    this.#isTaken = true
    return { tag: 'ok', val: this.#outcome }
  }

  [Symbol.dispose](): void {
    if (this.#outcome !== undefined) return
    this.#forget()
    say(FROM_GUEST.fetchAbort, this.#id)
  }

  #forget(): void {
    for (const kind of [TO_GUEST.answer, TO_GUEST.answerFailed]) hear(kind, this.#id, undefined)
  }
}
