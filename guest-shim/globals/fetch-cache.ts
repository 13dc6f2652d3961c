/** What a fetch says about caches: how its answer is to be kept (`cf`), and what the request's cache mode comes to. */

import { NativeTypeError, toJson } from './primordials.ts'
import type { RequestParts } from './request.ts'
import { isObject } from './web-idl.ts'

/** The members of `cf` that the host's cache knows. */
interface CacheOptions {
  readonly cacheTtl?: unknown
  readonly cacheTtlByStatus?: unknown
  readonly cacheEverything?: unknown
  readonly cacheKey?: unknown
  readonly cacheTags?: unknown
}

const NO_CACHE = 'no-cache'
/** Workers' word for what is not to be kept. */
const NEVER = -1

/** Lines for the head of a fetch (wit/wire.wit), before those of its headers. */
export function toCacheLines(parts: RequestParts): string {
  const { cache, cf } = parts.options
  const mode = cache === 'no-store' || cache === 'reload' || cache === NO_CACHE ? cache : undefined
  if (mode === undefined) return isObject(cf) ? toCf(cf, false) : ''
  const list = parts.toList()
  let headers = ''
  if (!list.has('cache-control')) headers += `cache-control\n${NO_CACHE}\n`
  if (!list.has('pragma')) headers += `pragma\n${NO_CACHE}\n`
  if (!isObject(cf)) return headers
  if (mode !== 'no-store') return toCf(cf, true) + headers
  const { cacheTtl } = cf as CacheOptions
  if (cacheTtl !== undefined && cacheTtl !== NEVER) {
    throw new NativeTypeError(`CacheTtl: ${toJson(cacheTtl)}, is not compatible with cache: no-store header.`)
  }
  return headers
}

/** `refresh`: what is kept is not to be given, but what comes is to be kept. */
function toCf(cf: CacheOptions, refresh: boolean): string {
  const { cacheTtl, cacheTtlByStatus, cacheEverything, cacheKey, cacheTags } = cf
  if (cacheTtl === undefined && cacheTtlByStatus === undefined && cacheEverything === undefined) return ''
  return `:cf\n${toJson({ cacheTtl, cacheTtlByStatus, cacheEverything, cacheKey, cacheTags, refresh })}\n`
}
