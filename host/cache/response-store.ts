/**
 * Cached responses of one app, in memory, as a shared cache keeps them (RFC 9111): what is fresh, what is stale and may be
 * given while it is asked for anew, and which of the responses of a URL a request gets (`Vary`). The ones that were used last
 * stay; all of them together have a bound.
 */

import CachePolicy from 'http-cache-semantics'
import { LRUCache } from 'lru-cache'

import { parseHeaderLines, toHeaderLines, toValues } from '../http/header-lines.ts'

/** What a request is to a cache. */
export interface CacheRequest {
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** Lines (http/header-lines.ts). */
  readonly headers: string
}

/** A whole response. */
export interface CacheableResponse {
  readonly status: number
  readonly statusText: string
  /** Lines. */
  readonly headers: string
  readonly body: Uint8Array
}

/** Whose word it is how long a response is kept. */
export interface Keep {
  /** Seconds by status where the response says nothing; undefined: what says nothing is not kept. */
  defaultSeconds?(status: number): number | undefined
  /** Only what says that others than its client may have it. */
  readonly mustBeShared?: boolean
}

interface Kept extends CacheableResponse {
  readonly policy: CachePolicy
  readonly tags: readonly string[]
  readonly url: string
  /** What a request has to say to get it, by header. */
  readonly vary: readonly (readonly [name: string, value: string | undefined])[]
  /** How long it may be given after it has become stale, while a new one is asked for. */
  readonly staleSeconds: number
}

/** What there is for a request. `stale`: give it, and ask for a new one. */
export interface Found {
  readonly state: 'fresh' | 'stale'
  readonly response: CacheableResponse
  /** Seconds. */
  readonly age: number
}

/** What is to go; all of it unless something is given. */
export interface Purge {
  readonly urls?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
}

/** Of one URL. */
const MOST_VARIANTS = 16
/** What an entry takes besides its text and bytes. */
const ENTRY_BYTES = 1024
/** The largest response, as a part of all. */
const LARGEST_SHARE = 1 / 4
const TAGS = 'cache-tag'
const SHARED = /(?:^|[\s,])(?:public|s-maxage\s*=)/i
const STALE = /stale-while-revalidate\s*=\s*"?(\d{1,9})/i
const REVALIDATES = /(?:must|proxy)-revalidate/i
const OPTIONS = { shared: true, cacheHeuristic: 0, ignoreCargoCult: false, immutableMinTimeToLive: 0 }

export class ResponseStore {
  readonly #mostBytes: number
  readonly #kept: LRUCache<string, readonly Kept[]>

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
    this.#kept = new LRUCache({
      maxSize: mostBytes,
      sizeCalculation: (list) => list.reduce((sum, each) => sum + toSize(each), 1),
    })
  }

  /** Bytes of a body beyond which no response is kept. */
  get mostBodyBytes(): number {
    return Math.floor(this.#mostBytes * LARGEST_SHARE)
  }

  /** `door`: which of the app's caches. */
  find(door: string, request: CacheRequest): Found | undefined {
    const list = this.#kept.get(toKey(door, request.url))
    if (list === undefined) return undefined
    const asked = toRecord(request.headers)
    const found = list.find(({ vary }) => isChosen(vary, asked))
    if (found === undefined) return undefined
    const { policy, ...response } = found
    const age = Math.floor(policy.age())
    if (!policy.stale()) return { state: 'fresh', response, age }
    return age < policy.maxAge() + found.staleSeconds ? { state: 'stale', response, age } : undefined
  }

  /** Keeps a response, if that is what it wants and there is room. */
  put(door: string, request: CacheRequest, response: CacheableResponse, keep: Keep = {}): boolean {
    if (response.body.length > this.mostBodyBytes) return false
    const kept = toKept(request, response, keep)
    if (kept === undefined) return false
    const key = toKey(door, request.url)
    const asked = toRecord(request.headers)
    const others = (this.#kept.get(key) ?? []).filter(({ vary }) => !isChosen(vary, asked))
    this.#kept.set(key, [kept, ...others].slice(0, MOST_VARIANTS))
    return this.#kept.has(key)
  }

  /** Whether there was one. */
  delete(door: string, url: string): boolean {
    return this.#kept.delete(toKey(door, url))
  }

  /** Gives how many went. */
  purge({ urls, tags }: Purge): number {
    let count = 0
    for (const [key, list] of Array.from(this.#kept.entries())) {
      const left =
        urls === undefined && tags === undefined ? [] : list.filter((each) => !isNamed(each, { urls, tags }))
      count += list.length - left.length
      if (left.length === 0) this.#kept.delete(key)
      else if (left.length < list.length) this.#kept.set(key, left)
    }
    return count
  }
}

/** Whether a response may be kept at all, by its head alone. */
export function isKeepable(
  request: CacheRequest,
  response: Omit<CacheableResponse, 'body'>,
  keep: Keep = {},
): boolean {
  return toKept(request, { ...response, body: new Uint8Array(0) }, keep) !== undefined
}

function toKept(request: CacheRequest, response: CacheableResponse, keep: Keep): Kept | undefined {
  const given = parseHeaderLines(response.headers) ?? []
  const control = toValues(given, 'cache-control').join(', ')
  const { headers, list } = withoutPrivate(response.headers, given, control)
  const names = toRecord(list)
  if (names['set-cookie'] !== undefined || names['vary']?.includes('*') === true) return undefined
  if (keep.mustBeShared === true && !SHARED.test(control)) return undefined
  const isSilent = names['cache-control'] === undefined && names['expires'] === undefined
  const seconds = isSilent ? keep.defaultSeconds?.(response.status) : undefined
  if (seconds !== undefined) names['cache-control'] = `public, max-age=${seconds}`
  const { 'cache-control': _own, pragma: _too, ...asked } = toRecord(request.headers)
  const policy = new CachePolicy(
    { url: request.url, method: request.method, headers: asked },
    { status: response.status, headers: names },
    OPTIONS,
  )
  if (!policy.storable() || policy.stale()) return undefined
  const tags = toValues(list, TAGS).flatMap((text) => text.split(',').map((tag) => tag.trim().toLowerCase()))
  const vary = toVary(names['vary'], asked)
  const staleSeconds = REVALIDATES.test(control) ? 0 : Number(STALE.exec(control)?.[1] ?? 0)
  return { ...response, headers, policy, tags, vary, staleSeconds, url: request.url }
}

/** As Workers have it: `private=Set-Cookie` keeps the response, and not the header. */
function withoutPrivate(lines: string, list: readonly string[], control: string) {
  const isPrivate = /(?:private|no-cache)\s*=\s*"?[^"]*set-cookie/i.test(control)
  if (!isPrivate) return { headers: lines, list }
  const left: string[] = []
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i]!.toLowerCase()
    if (name === 'set-cookie') continue
    const value =
      name === 'cache-control'
        ? list[i + 1]!.replaceAll(/(?:private|no-cache)\s*=\s*(?:"[^"]*"|[^,\s]*)\s*,?/gi, '')
        : list[i + 1]!
    left.push(list[i]!, value)
  }
  let headers = ''
  for (let i = 0; i + 1 < left.length; i += 2) headers += toHeaderLines(left[i]!, left[i + 1]!)
  return { headers, list: left }
}

/** Whether the request says the same as the one that the response was for, where the response says that it matters. */
function isChosen(vary: Kept['vary'], asked: Readonly<Record<string, string>>): boolean {
  return vary.every(([name, value]) => asked[name] === value)
}

function toVary(names: string | undefined, asked: Readonly<Record<string, string>>): Kept['vary'] {
  if (names === undefined) return []
  return names.split(',').map((name) => {
    const lower = name.trim().toLowerCase()
    return [lower, asked[lower]]
  })
}

function isNamed({ url, tags }: Kept, purge: Purge): boolean {
  return (
    purge.urls?.includes(url) === true || purge.tags?.some((tag) => tags.includes(tag.toLowerCase())) === true
  )
}

function toRecord(headers: string | readonly string[]): Record<string, string> {
  const list = typeof headers === 'string' ? (parseHeaderLines(headers) ?? []) : headers
  const record: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i]!.toLowerCase()
    const before = record[name]
    record[name] = before === undefined ? list[i + 1]! : `${before}, ${list[i + 1]!}`
  }
  return record
}

function toSize({ body, headers, url }: Kept): number {
  return body.length + 2 * (headers.length + url.length) + ENTRY_BYTES
}

function toKey(door: string, url: string): string {
  return `${door}\n${withoutHash(url)}`
}

function withoutHash(url: string): string {
  const hash = url.indexOf('#')
  return hash < 0 ? url : url.slice(0, hash)
}
