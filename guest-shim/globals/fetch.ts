/**
 * `fetch`: the standard's input checks here, the network in the host.
 */

import { type Answer, Outbound, type Redirect } from '../bindings/outbound.ts'
import { requireLive } from '../turn/phase.ts'
import { decodeHeaders, encodeHeadersButLength } from '../wire/headers.ts'
import { isBodyless } from './body.ts'
import { bytesOf } from './buffer-source.ts'
import { encode, NativePromise, NativeTypeError, NativeURL, slice } from './primordials.ts'
import { Request } from './request.ts'
import { Response, setProvenance } from './response.ts'

export function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  requireLive('fetch()')
  return new NativePromise((resolve, reject) => {
    const request = new Request(input, init)
    const url = toWireUrl(request.url)
    const redirect = toRedirect(request.redirect)
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    if (signal?.aborted) return reject(signal.reason)

    const answered = (answer: Answer, body: ReadableStream<Uint8Array> | null) => {
      if (answer.status < 200 || answer.status > 599) {
        throw new NativeTypeError(`fetch failed: the answer has the status ${answer.status}`)
      }
      const { redirected, status, statusText } = answer
      const stream = isBodyless(status) ? null : body
      const response = new Response(stream, { status, statusText, headers: decodeHeaders(answer.headers) })
      setProvenance(response, { url: answer.url, redirected, type: 'default' })
      resolve(response)
    }
    const head = `${request.method}\n${url}\n${encodeHeadersButLength(request.headers)}`
    const onAbort = () => outbound.abort(signal?.reason)
    // a signal may outlive the fetches that it is given to by far
    const over = () => signal?.removeEventListener('abort', onAbort)
    const outbound = new Outbound({ head, redirect }, toBody(request, init?.body), {
      answered,
      failed: reject,
      over,
    })
    signal?.addEventListener('abort', onAbort)
  })
}

/** Without credentials, which fetch refuses, and without the fragment, which is never sent. */
function toWireUrl(text: string): string {
  const url = new NativeURL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new NativeTypeError(`fetch failed: the scheme of ${slice(text, 0, 200)} is not http or https`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new NativeTypeError(
      'fetch failed: the URL holds a user name or password; send an authorization header',
    )
  }
  const hash = text.indexOf('#')
  return hash < 0 ? text : slice(text, 0, hash)
}

function toRedirect(mode: string): Redirect {
  if (mode === 'follow' || mode === 'error' || mode === 'manual') return mode
  throw new NativeTypeError(`fetch: redirect must be "follow", "error" or "manual", not "${mode}"`)
}

/** The bytes to send: as they were given where the engine would have to make a stream of them. */
function toBody(request: Request, given: BodyInit | null | undefined) {
  if (typeof given === 'string') return encode(given)
  return bytesOf(given) ?? request.body ?? undefined
}
