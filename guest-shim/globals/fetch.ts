/**
 * `fetch`: the standard's input checks here, the network in the host.
 */

import { type Answer, Outbound } from '../bindings/outbound.ts'
import { requireLive } from '../turn/phase.ts'
import { parseDataUrl } from '../wire/data-url.ts'
import { HeaderList } from '../wire/header-list.ts'
import { type AbortSignal, offAbort, onAbort } from './abort-signal.ts'
import { Body, lengthOf } from './body.ts'
import { toCacheLines } from './fetch-cache.ts'
import { signalOf } from './signal-state.ts'
import { webSockets } from './web-socket-part.ts'
import { indexOf, join, NativePromise, NativeTypeError, slice, split } from './primordials.ts'
import { partsOf, Request, type RequestParts } from './request.ts'
import { isBodyless, Response, ResponseParts } from './response.ts'
import { requireArguments } from './web-idl.ts'

/** Bodies of a known length up to this one go out whole, so that they can go out again for a redirect. */
const MOST_WHOLE = 8 * 1024 * 1024

export function fetch(input: unknown, init?: RequestInit | null): Promise<Response> {
  const given = arguments.length
  return new NativePromise((resolve, reject) => {
    requireLive('fetch()')
    requireArguments(given, 1, 'fetch')
    // what is wrong with the request comes before its signal
    const request = partsOf(new Request(input, init))
    const signal = request.toSource()
    const state = signalOf(signal)
    if (state?.isAborted === true) {
      request.body?.cancel(state.reason)
      reject(state.reason)
      return
    }
    const scheme = slice(request.url, 0, indexOf(request.url, ':'))
    if (scheme === 'data') resolve(fetchData(request))
    else if (scheme === 'http' || scheme === 'https') {
      const { body } = request
      if (body?.length === undefined || body.length > MOST_WHOLE) {
        send(request, body?.takeWhole() ?? body?.takeStream(), signal, resolve, reject)
      } else resolve(sendWhole(request, body, signal))
    } else {
      throw new NativeTypeError(
        `fetch failed: the scheme of ${slice(request.url, 0, 200)} is not http, https or data`,
      )
    }
  })
}

/** Of a form or a Blob, which is read before it is sent. */
async function sendWhole(
  request: RequestParts,
  body: Body,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const bytes = await body.read((all) => all)
  const state = signalOf(signal)
  if (state?.isAborted === true) throw state.reason
  return await new NativePromise<Response>((resolve, reject) => {
    send(request, bytes, signal, resolve, reject)
  })
}

function send(
  request: RequestParts,
  body: Uint8Array | ReadableStream<Uint8Array> | undefined,
  signal: AbortSignal | undefined,
  resolve: (response: Response) => void,
  reject: (error: unknown) => void,
): void {
  let answerBody: Body | null = null
  const answered = (answer: Answer, open: (() => ReadableStream<Uint8Array>) | null) => {
    const parts = toParts(answer, request.method, open)
    answerBody = parts.body
    resolve(new Response(parts))
  }
  const failed = (error: unknown) => {
    answerBody?.fail(error)
    reject(error)
  }
  const abort = () => outbound.abort(signalOf(signal)?.reason)
  // a signal may outlive the fetches that it is given to by far
  const over = () => {
    if (signal !== undefined) offAbort(signal, abort)
  }
  const outgoing = { head: toHead(request, toCacheLines(request)), redirect: request.options.redirect }
  const outbound = new Outbound(outgoing, body, { answered, failed, over })
  if (signal !== undefined) onAbort(signal, abort)
}

/** Method, URL without its fragment, which is never sent, and headers; the host knows the length. `more`: further lines. */
export function toHead(request: RequestParts, more = ''): string {
  const { method, url, body } = request
  const hash = indexOf(url, '#')
  const list = request.toList().copy()
  list.delete('content-length')
  const length = body?.length === undefined ? '' : `:length\n${body.length}\n`
  return `${method}\n${hash < 0 ? url : slice(url, 0, hash)}\n${length}${more}${list.toLines()}`
}

/** A response that the host has, or one like it. `open`: makes its body; null: there is none. */
export function toResponse(
  answer: Omit<Answer, 'id' | 'hasBody'>,
  method: string,
  open: (() => ReadableStream<Uint8Array>) | null,
): Response {
  return new Response(toParts(answer, method, open))
}

function toParts(
  answer: Omit<Answer, 'id' | 'hasBody'>,
  method: string,
  open: (() => ReadableStream<Uint8Array>) | null,
): ResponseParts {
  const { status } = answer
  if (status === 101) return toUpgraded(answer)
  if (status < 200 || status > 599) {
    throw new NativeTypeError(`fetch failed: the answer has the status ${status}`)
  }
  const list = new HeaderList(answer.headers)
  list.isFixed = true
  const parts = new ResponseParts(null, list)
  parts.status = status
  parts.statusText = answer.statusText
  parts.from = { type: 'basic', url: answer.url, redirected: answer.redirected }
  if (open === null || isBodyless(status)) return parts
  parts.content = new Body(open, '', method === 'HEAD' ? undefined : lengthOf(list))
  return parts
}

/** An answer that is a WebSocket: the first line of its headers names it. */
function toUpgraded({ headers, url }: Omit<Answer, 'id' | 'hasBody'>): ResponseParts {
  const [name, id, ...lines] = split(headers, '\n')
  if (name !== ':web-socket') throw new NativeTypeError('fetch failed: the answer has the status 101')
  const list = new HeaderList(join(lines, '\n'))
  list.isFixed = true
  const parts = new ResponseParts(null, list)
  parts.status = 101
  parts.statusText = 'Switching Protocols'
  parts.from = { type: 'basic', url, redirected: false }
  parts.webSocket = webSockets().adopt(Number(id))
  return parts
}

function fetchData({ method, url }: RequestParts): Response {
  const data = parseDataUrl(url)
  if (data === undefined) throw new NativeTypeError('fetch failed: the data: URL cannot be read')
  const list = new HeaderList(`content-type\n${data.type}\n`)
  list.isFixed = true
  const parts = new ResponseParts(method === 'HEAD' ? null : new Body(data.bytes, ''), list)
  parts.statusText = 'OK'
  parts.from = { type: 'basic', url, redirected: false }
  return new Response(parts)
}
