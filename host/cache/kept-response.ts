/**
 * Whether a response may be kept, for which requests and how long (RFC 9111 3, 4.1, 4.2): what is fresh is for
 * http-cache-semantics to say, which request gets it (`Vary`) is told here. Pure.
 */

import CachePolicy from 'http-cache-semantics'

import { parseDirectives, toCacheControl, toSeconds } from '../http/cache-control.ts'
import type { Directives } from '../http/cache-control.ts'
import { parseHeaderLines, toHeaderLines, toValues } from '../http/header-lines.ts'
import { isHopByHop } from '../http/hop-by-hop.ts'
import { KeptHead } from './kept-head.ts'

/** What a request is to a cache. */
export interface CacheRequest {
  readonly method: string
  /** Absolute, or another text that names what is asked for. */
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
  /** So many seconds, whatever the response says. */
  readonly seconds?: number | undefined
  /** Seconds by status where the response says nothing; undefined: what says nothing is not kept. */
  readonly defaultSeconds?: (status: number) => number | undefined
  /** Only what says that others than its client may have it. */
  readonly mustBeShared?: boolean
  /** Tags besides those that it names. */
  readonly tags?: readonly string[]
}

export interface Kept extends CacheableResponse {
  readonly head: KeptHead
  readonly policy: CachePolicy
  readonly tags: readonly string[]
  readonly url: string
  /** What a request has to say to get it, by header. */
  readonly vary: Vary
  /** How long it may be given after it has become stale, while a new one is asked for. */
  readonly staleSeconds: number
}

type Vary = readonly (readonly [name: string, value: string | undefined])[]
type Names = Readonly<Record<string, string>>

/** What Cloudflare keeps where a response says nothing: seconds by status. */
const DEFAULT_SECONDS: Readonly<Record<number, number>> = {
  200: 7200,
  301: 7200,
  302: 1200,
  303: 1200,
  404: 180,
  410: 180,
}
/** As long as the response says, or by its status. */
export const BY_STATUS: Keep = { defaultSeconds: (status) => DEFAULT_SECONDS[status] }

const TAGS = 'cache-tag'
const COOKIE = 'set-cookie'
/** Of what others have: a part of it, and that somebody has it. */
const OF_OTHERS: ReadonlySet<number> = new Set([206, 304])
const OPTIONS = { shared: true, cacheHeuristic: 0, ignoreCargoCult: false, immutableMinTimeToLive: 0 }

/** Whether a response may be kept at all, by its head alone. */
export function isKeepable(
  request: CacheRequest,
  response: Omit<CacheableResponse, 'body'>,
  keep: Keep = {},
): boolean {
  return toKept(request, { ...response, body: new Uint8Array(0) }, keep) !== undefined
}

/** Undefined: it may not be kept. */
export function toKept(request: CacheRequest, response: CacheableResponse, keep: Keep): Kept | undefined {
  const given = parseHeaderLines(response.headers) ?? []
  const directives = parseDirectives(toValues(given, 'cache-control').join(', '))
  const isForced = keep.seconds !== undefined
  const list = toEndToEnd(isForced ? without(given, COOKIE) : withoutPrivate(given, directives))
  const names = toRecord(list)
  if (names[COOKIE] !== undefined || names['vary']?.includes('*') === true) return undefined
  if (keep.mustBeShared === true && !directives.has('public') && !directives.has('s-maxage')) return undefined
  const asked = toRecord(request.headers)
  const policy = isForced
    ? toForcedPolicy(request, response.status, keep.seconds)
    : toPolicy(request, { status: response.status, names, asked }, keep)
  if (policy === undefined || !policy.storable() || policy.stale()) return undefined
  const tags = toValues(list, TAGS)
    .flatMap((text) => text.split(','))
    .concat(keep.tags ?? [])
    .map((tag) => tag.trim().toLowerCase())
  const vary = toVary(names['vary'], asked)
  const revalidates = directives.has('must-revalidate') || directives.has('proxy-revalidate')
  return {
    ...response,
    headers: toLines(list),
    head: new KeptHead(list),
    policy,
    tags,
    url: request.url,
    // whoever may ask with it: what is kept against the response's own word is for nobody else
    vary: isForced ? [...vary, ['authorization', asked['authorization']]] : vary,
    staleSeconds: isForced || revalidates ? 0 : (toSeconds(directives, 'stale-while-revalidate') ?? 0),
  }
}

/** Whether a request that says this says the same as the one that the response was for, where the response says that it matters. */
export function isChosen(vary: Vary, asked: Names): boolean {
  return vary.every(([name, value]) => asked[name] === value)
}

/** Headers by name, the values of several joined. `headers`: lines, or a list. */
export function toRecord(headers: string | readonly string[]): Record<string, string> {
  const list = typeof headers === 'string' ? (parseHeaderLines(headers) ?? []) : headers
  const record: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i]!.toLowerCase()
    const before = record[name]
    record[name] = before === undefined ? list[i + 1]! : `${before}, ${list[i + 1]!}`
  }
  return record
}

/** By the response's own word, or the default of its status. What the request says of caches changes nothing. */
function toPolicy(
  { url, method }: CacheRequest,
  { status, names, asked }: { readonly status: number; readonly names: Names; readonly asked: Names },
  { defaultSeconds }: Keep,
): CachePolicy {
  const isSilent = names['cache-control'] === undefined && names['expires'] === undefined
  const seconds = isSilent ? defaultSeconds?.(status) : undefined
  const headers =
    seconds === undefined ? { ...names } : { ...names, 'cache-control': `public, max-age=${seconds}` }
  const { 'cache-control': _own, pragma: _too, ...others } = asked
  return new CachePolicy({ url, method, headers: others }, { status, headers }, OPTIONS)
}

/** The time is all that counts of it. */
function toForcedPolicy({ url }: CacheRequest, status: number, seconds = 0): CachePolicy | undefined {
  if (OF_OTHERS.has(status)) return undefined
  const headers = { 'cache-control': `public, max-age=${seconds}` }
  return new CachePolicy({ url, method: 'GET', headers: {} }, { status: 200, headers }, OPTIONS)
}

/** As Workers have it: `private=Set-Cookie` keeps the response, and not the header. */
function withoutPrivate(list: readonly string[], directives: Directives): readonly string[] {
  const isOfCookie = (name: string) => /(?:^|[\s,])set-cookie(?:$|[\s,])/i.test(directives.get(name) ?? '')
  const named = ['private', 'no-cache'].filter(isOfCookie)
  if (named.length === 0) return list
  const left = toCacheControl(new Map([...directives].filter(([name]) => !named.includes(name))))
  const others = without(without(list, COOKIE), 'cache-control')
  return left === '' ? others : [...others, 'cache-control', left]
}

function without(list: readonly string[], name: string): readonly string[] {
  return list.filter((_, i) => list[i - (i % 2)]!.toLowerCase() !== name)
}

/** What is about a connection is kept for nobody (RFC 9111, 3.1). */
function toEndToEnd(list: readonly string[]): readonly string[] {
  return list.filter((_, i) => !isHopByHop(list[i - (i % 2)]!.toLowerCase()))
}

function toLines(list: readonly string[]): string {
  let lines = ''
  for (let i = 0; i + 1 < list.length; i += 2) lines += toHeaderLines(list[i]!, list[i + 1]!)
  return lines
}

function toVary(names: string | undefined, asked: Names): Vary {
  if (names === undefined) return []
  return names.split(',').map((name) => {
    const lower = name.trim().toLowerCase()
    return [lower, asked[lower]]
  })
}
