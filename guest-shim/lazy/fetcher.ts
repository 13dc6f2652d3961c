/** `Fetcher`, as `env` has it for the app's files and for other apps: `fetch` without a network. */

import type { Answer } from '../bindings/data.ts'
import type { AbortSignal } from '../globals/abort-signal.ts'
import type { Bytes } from '../globals/buffer-source.ts'
import { toHead, toResponse } from '../globals/fetch.ts'
import { NativeTypeError, toJson } from '../globals/primordials.ts'
import { partsOf, Request, type RequestParts } from '../globals/request.ts'
import type { Response } from '../globals/response.ts'
import type { ReadableStream } from '../globals/streams.ts'
import { finishInterface } from '../globals/web-idl.ts'

/** Who answers: what comes is the body of the response, and of its head that it is `Meta`. */
export interface FetcherHost {
  fetch(head: string, body: Sent, signal: AbortSignal | undefined): Promise<Answer>
}

type Sent = Bytes | ReadableStream<Uint8Array>

interface Meta {
  readonly status: number
  readonly statusText?: string
  readonly headers: string
}

/** As `fetch` has it. */
const MOST_REDIRECTS = 20
const NOTHING: Bytes = new Uint8Array(0)

export class Fetcher {
  readonly #host: FetcherHost

  constructor(host: FetcherHost) {
    this.#host = host
  }

  async fetch(input: unknown, init?: RequestInit | null): Promise<Response> {
    let request = partsOf(new Request(input, init))
    const signal = request.toSource()
    let body: Sent = request.body?.takeWhole() ?? request.body?.takeStream() ?? NOTHING
    for (let redirects = 0; ; redirects++) {
      // oxlint-disable-next-line no-await-in-loop -- one leads to the next
      const { response, to } = await this.#send(request, body, { signal, redirected: redirects > 0 })
      const { redirect } = request.options
      if (to === null || redirect === 'manual') return response
      if (redirect === 'error' || redirects === MOST_REDIRECTS) {
        throw new NativeTypeError('fetch failed: there are too many redirects, or none may be followed')
      }
      const next = toNext(request, response.status, to)
      if (next.method === 'GET') body = NOTHING
      else if (!(body instanceof Uint8Array)) {
        throw new NativeTypeError('fetch failed: a body that is a stream cannot be sent again for a redirect')
      }
      request = next
    }
  }

  async #send(
    request: RequestParts,
    body: Sent,
    { signal, redirected }: { signal: AbortSignal | undefined; redirected: boolean },
  ): Promise<{ response: Response; to: string | null }> {
    const { url, method, options } = request
    const cf = options.cf === undefined ? '' : `:cf\n${toJson(options.cf)}\n`
    const answer = await this.#host.fetch(toHead(request, cf), body, signal)
    const { status, statusText = '', headers } = answer.meta as Meta
    const response = toResponse({ status, statusText, url, redirected, headers }, method, () => answer.open())
    const location = status >= 300 && status < 400 ? response.headers.get('location') : null
    return { response, to: location === null ? null : new URL(location, url).href }
  }
}

/** The request that a redirect asks for (Fetch, HTTP-redirect fetch, steps 12 and 13). */
function toNext(request: RequestParts, status: number, to: string): RequestParts {
  const { method } = request
  const isPost = method === 'POST' && (status === 301 || status === 302)
  const isPlain = isPost || (status === 303 && method !== 'GET' && method !== 'HEAD')
  const next = partsOf(
    new Request(to, { method: isPlain ? 'GET' : method, redirect: request.options.redirect }),
  )
  next.list = request.toList().copy()
  if (isPlain) {
    for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type'])
      next.list.delete(name)
  }
  return next
}

finishInterface(Fetcher, 'Fetcher')
