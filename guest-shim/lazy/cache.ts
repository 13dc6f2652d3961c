/** `caches`, `Cache` and `CacheStorage`, as Workers have them. The host has what is kept, and says how long. */

import { deleteCached, matchCached, putCached } from '../bindings/cache.ts'
import { toHead, toResponse } from '../globals/fetch.ts'
import { indexOf, NativeTypeError, test } from '../globals/primordials.ts'
import { isRequest, partsOf as requestPartsOf, Request, RequestParts } from '../globals/request.ts'
import { isResponse, partsOf as responsePartsOf, type Response } from '../globals/response.ts'
import { finishInterface, isObject, requireArguments, toScalarText } from '../globals/web-idl.ts'

interface Meta {
  readonly status: number
  readonly statusText: string
  readonly headers: string
}

/** Who may make one. */
const OWN = {}
const EMPTY = new Uint8Array(0)
const PARTIAL = 206
const HTTP = /^https?:/

export class Cache {
  readonly #name: string

  constructor(own: unknown, name: string) {
    if (own !== OWN) throw new NativeTypeError('Illegal constructor')
    this.#name = name
  }

  async match(request: unknown, options: unknown = undefined): Promise<Response | undefined> {
    requireArguments(arguments.length, 1, 'Cache.match')
    const parts = toGet(request, options)
    if (parts === undefined) return undefined
    const answer = await matchCached(this.#name, toHead(toKeyed(parts)))
    if (answer.meta === null) return undefined
    const { url } = parts
    return toResponse({ ...(answer.meta as Meta), url, redirected: false }, 'GET', () => answer.open())
  }

  async put(request: unknown, response: unknown): Promise<void> {
    requireArguments(arguments.length, 2, 'Cache.put')
    const asked = toParts(request)
    if (!isResponse(response))
      throw new NativeTypeError('Cache.put: expected a Response as the second argument')
    const parts = responsePartsOf(response)
    if (asked.method !== 'GET') throw new NativeTypeError('Cannot cache response to non-GET request.')
    if (parts.status === PARTIAL)
      throw new NativeTypeError('Cannot cache response to a range request (206 Partial Content).')
    if (parts.status < 200 || parts.status > 599)
      throw new NativeTypeError('Cannot cache a response of this status.')
    const list = parts.toList()
    if (indexOf(list.get('vary') ?? '', '*') >= 0)
      throw new NativeTypeError("Cannot cache response with 'Vary: *' header.")
    if (response.bodyUsed || response.body?.locked === true) {
      throw new NativeTypeError('Cannot cache a response whose body is used or locked.')
    }
    const head = `${parts.status}\n${parts.statusText}\n${list.toLines()}`
    await putCached(
      this.#name,
      toHead(toKeyed(asked)),
      head,
      parts.takeWhole() ?? parts.body?.takeStream() ?? EMPTY,
    )
  }

  async delete(request: unknown, options: unknown = undefined): Promise<boolean> {
    requireArguments(arguments.length, 1, 'Cache.delete')
    const parts = toGet(request, options)
    if (parts === undefined) return false
    return (await deleteCached(this.#name, toHead(toKeyed(parts)))).meta === true
  }
}

export class CacheStorage {
  readonly #default: Cache

  constructor(own: unknown) {
    if (own !== OWN) throw new NativeTypeError('Illegal constructor')
    this.#default = new Cache(OWN, '')
  }

  get default(): Cache {
    return this.#default
  }

  async open(name: unknown): Promise<Cache> {
    requireArguments(arguments.length, 1, 'CacheStorage.open')
    // never the default one, whatever it is called
    return new Cache(OWN, `:${toScalarText(name)}`)
  }
}

finishInterface(Cache, 'Cache')
finishInterface(CacheStorage, 'CacheStorage')

export const caches = new CacheStorage(OWN)

/** What is kept is for GET; undefined: nothing is. */
function toGet(request: unknown, options: unknown): RequestParts | undefined {
  const parts = toParts(request)
  const ignores = isObject(options) && Boolean((options as { ignoreMethod?: unknown }).ignoreMethod)
  if (parts.method === 'GET') return parts
  return ignores ? asGet(parts) : undefined
}

function asGet(parts: RequestParts): RequestParts {
  const get = new RequestParts('GET', parts.url, null, parts.options)
  get.list = parts.toList().copy()
  return get
}

/** With `cf.cacheKey` in place of the URL, as for a fetch. */
function toKeyed(parts: RequestParts): RequestParts {
  const list = parts.toList()
  const { cf } = parts.options
  const key = isObject(cf) ? (cf as { cacheKey?: unknown }).cacheKey : undefined
  if (typeof key !== 'string' || key === '' || indexOf(key, '\n') >= 0) return parts
  const keyed = new RequestParts(parts.method, key, null, parts.options)
  keyed.list = list
  return keyed
}

function toParts(request: unknown): RequestParts {
  const parts = requestPartsOf(isRequest(request) ? request : new Request(request))
  if (!test(HTTP, parts.url)) {
    throw new NativeTypeError('Invalid URL. Cache API keys must be fully-qualified, valid URLs.')
  }
  return parts
}
