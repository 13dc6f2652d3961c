/**
 * One fetch of the app, over wasi:http/outgoing-handler.
 *
 *     begin  >  request sent  >  head  --redirect, followed-->  begin, elsewhere
 *                                  '-->  answered  >  body, a chunk for each pull  >  over        any  --failed, abort-->  over
 */

import type { Redirect } from 'nano:workers/outbound'
import { source } from '../turn/source.ts'
import { handle } from 'wasi:http/outgoing-handler'
import {
  type FutureIncomingResponse,
  type IncomingResponse,
  OutgoingRequest,
  type Tagged,
} from 'wasi:http/types'
import { fromFields, toFields, toLines, toMessage } from './lines.ts'
import { forgetWait, happen, type Wait, waitFor } from './reactor.ts'
import { type Hop, isRedirect, MOST_REDIRECTS, toNextHop } from './redirect.ts'
import { BodySink } from './sink.ts'
import { BodySource } from './source.ts'

const METHODS = new Set(['get', 'head', 'post', 'put', 'delete', 'options', 'patch'])
const BODYLESS = new Set([204, 205, 304])

export interface FetchOptions {
  readonly hop: Hop
  /** Its body comes by `write` and `finish`. */
  readonly isStreamed: boolean
  readonly redirect: Redirect
  readonly onOver: () => void
}

export class Fetch {
  readonly #id: number
  /** Whoever made it. */
  readonly #source = source.current
  readonly #options: FetchOptions
  #hop: Hop
  #redirects = 0
  #sink: BodySink | undefined
  #body: BodySource | undefined
  #wait: Wait | undefined
  #future: FutureIncomingResponse | undefined

  constructor(id: number, options: FetchOptions) {
    this.#id = id
    this.#options = options
    this.#hop = options.hop
  }

  begin(): void {
    try {
      this.#send()
    } catch (error) {
      this.#fail(toMessage(error))
    }
  }

  write(bytes: Uint8Array): boolean {
    return this.#sink?.write(bytes) ?? true
  }

  finish(): void {
    this.#sink?.finish()
  }

  pull(): void {
    this.#body?.pull()
  }

  abort(): void {
    this.#close()
    this.#sink?.cut('aborted')
    this.#body?.cancel()
    this.#options.onOver()
  }

  #send(): void {
    const { url, method, headers, body, length } = this.#hop
    const { protocol, host, pathname, search } = new URL(url)
    const all: [string, string][] =
      length === undefined ? [...headers] : [...headers, ['content-length', length]]
    const request = new OutgoingRequest(toFields(all))
    request.setMethod(toMethod(method))
    request.setScheme({ tag: protocol === 'http:' ? 'HTTP' : 'HTTPS' })
    request.setAuthority(host)
    request.setPathWithQuery(pathname + search)
    const outgoing = request.body()
    this.#future = handle(request, undefined)
    // a body that nobody reads any more is no failure: the answer may be there already
    this.#sink = new BodySink(outgoing, length === undefined ? undefined : Number(length), {
      room: () => happen(this.#source, { tag: 'fetch-writable', val: this.#id }),
      closed() {},
    })
    if (body !== undefined) this.#sink.write(body)
    if (!this.#options.isStreamed || this.#redirects > 0) this.#sink.finish()
    this.#wait = waitFor(this.#future.subscribe(), () => this.#take())
  }

  /** The head is there, or will not come. */
  #take(): void {
    this.#wait = undefined
    const outer = this.#future?.get()
    this.#close()
    try {
      if (outer?.tag !== 'ok') throw outer?.val ?? new Error('no answer')
      if (outer.val.tag !== 'ok') throw outer.val.val
      this.#answer(outer.val.val)
    } catch (error) {
      this.#fail(toMessage(error))
    }
  }

  #answer(response: IncomingResponse): void {
    const status = response.status()
    const fields = response.headers()
    const headers = fromFields(fields)
    fields[Symbol.dispose]()
    const location = headers.find(([name]) => name === 'location')?.[1]
    const { redirect } = this.#options
    if (isRedirect(status) && location !== undefined && redirect !== 'manual') {
      response[Symbol.dispose]()
      if (redirect === 'error') throw new TypeError('the answer is a redirect')
      if (++this.#redirects > MOST_REDIRECTS) throw new TypeError(`more than ${MOST_REDIRECTS} redirects`)
      this.#sink?.cut('redirected')
      this.#hop = toNextHop(this.#hop, status, location)
      return this.#send()
    }
    const hasBody = this.#hop.method !== 'HEAD' && !BODYLESS.has(status)
    happen(this.#source, {
      tag: 'answered',
      val: {
        id: this.#id,
        status,
        statusText: '',
        url: this.#hop.url,
        redirected: this.#redirects > 0,
        headers: toLines(headers),
        hasBody,
      },
    })
    if (!hasBody) {
      response[Symbol.dispose]()
      return this.#options.onOver()
    }
    const body = response.consume()
    response[Symbol.dispose]()
    this.#body = new BodySource(body, {
      chunk: (bytes, last) => {
        happen(this.#source, { tag: 'answer-body', val: { id: this.#id, bytes, last } })
        if (last) this.#options.onOver()
      },
      failed: (message) => this.#fail(message),
    })
  }

  #fail(message: string): void {
    this.#close()
    this.#options.onOver()
    happen(this.#source, { tag: 'fetch-failed', val: { id: this.#id, message } })
  }

  #close(): void {
    if (this.#wait !== undefined) forgetWait(this.#wait)
    this.#wait = undefined
    this.#future?.[Symbol.dispose]()
    this.#future = undefined
  }
}

function toMethod(method: string): Tagged {
  const tag = method.toLowerCase()
  return METHODS.has(tag) ? { tag } : { tag: 'other', val: method }
}
