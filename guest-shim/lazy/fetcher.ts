/** `Fetcher`, as `env` has it for the app's files: `fetch` without a network. */

import type { AssetsHost } from '../bindings/assets.ts'
import { toHead, toResponse } from '../globals/fetch.ts'
import { NativeTypeError } from '../globals/primordials.ts'
import { partsOf, Request, type RequestParts } from '../globals/request.ts'
import type { Response } from '../globals/response.ts'
import { finishInterface } from '../globals/web-idl.ts'

interface Meta {
  readonly status: number
  readonly headers: string
}

/** As `fetch` has it. */
const MOST_REDIRECTS = 20

export class Fetcher {
  readonly #host: AssetsHost

  constructor(host: AssetsHost) {
    this.#host = host
  }

  async fetch(input: unknown, init?: RequestInit | null): Promise<Response> {
    let request = partsOf(new Request(input, init))
    for (let redirects = 0; ; redirects++) {
      // oxlint-disable-next-line no-await-in-loop -- one leads to the next
      const { response, to } = await this.#send(request, redirects > 0)
      const { redirect } = request.options
      if (to === null || redirect === 'manual') return response
      if (redirect === 'error' || redirects === MOST_REDIRECTS) {
        throw new NativeTypeError('fetch failed: there are too many redirects, or none may be followed')
      }
      const next = partsOf(new Request(to, { method: request.method }))
      next.list = request.toList().copy()
      request = next
    }
  }

  async #send(
    request: RequestParts,
    redirected: boolean,
  ): Promise<{ response: Response; to: string | null }> {
    const answer = await this.#host.fetch(toHead(request))
    const { status, headers } = answer.meta as Meta
    const { url, method } = request
    const response = toResponse({ status, statusText: '', url, redirected, headers }, method, () =>
      answer.open(),
    )
    const location = status >= 300 && status < 400 ? response.headers.get('location') : null
    return { response, to: location === null ? null : new URL(location, url).href }
  }
}

finishInterface(Fetcher, 'Fetcher')
