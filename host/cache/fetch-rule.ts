/**
 * How an app wants the answer to a fetch of its own kept: the members of `cf` that say so, as Workers have them
 * (`cacheTtl`, `cacheTtlByStatus`, `cacheEverything`, `cacheKey`, `cacheTags`). Pure.
 */

/** What a fetch asks a cache for. */
export interface FetchRule {
  /** For how many seconds an answer with this status is kept, whatever it says; undefined: as long as it says. */
  toSeconds(status: number): number | undefined
  /** Names what is asked for in place of its URL. */
  readonly key: string | undefined
  readonly tags: readonly string[]
  /** What is kept is not given; what comes takes its place. */
  readonly isRefresh: boolean
}

interface StatusRange {
  readonly first: number
  readonly last: number
  readonly seconds: number
}

/** Statuses that `cacheTtl` is about: those that may be kept without a word about it (RFC 9110 15.1), and redirects. */
const KEEPABLE: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414,
])
const STATUSES = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/
const MOST_KEY = 4096
const MOST_TAGS = 100
const MOST_SECONDS = 31_536_000

/** `text`: JSON of an object. Undefined: nothing of it asks to keep anything. Throws a TypeError with what is wrong. */
export function parseFetchRule(text: string): FetchRule | undefined {
  const { cacheTtl, cacheTtlByStatus, cacheEverything, cacheKey, cacheTags, refresh } = parseObject(text)
  const ttl = isGiven(cacheTtl) ? toSeconds('cacheTtl', cacheTtl) : undefined
  const ranges = isGiven(cacheTtlByStatus) ? toRanges(cacheTtlByStatus) : []
  const key = isGiven(cacheKey) ? toKey(cacheKey) : undefined
  const tags = isGiven(cacheTags) ? toTags(cacheTags) : []
  if (ttl === undefined && ranges.length === 0 && cacheEverything !== true) return undefined
  return {
    toSeconds(status) {
      const range = ranges.find(({ first, last }) => first <= status && status <= last)
      return range?.seconds ?? (KEEPABLE.has(status) ? ttl : undefined)
    },
    key,
    tags,
    isRefresh: refresh === true,
  }
}

function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function toSeconds(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.min(Math.trunc(value), MOST_SECONDS)
  return fail(name, 'a number of seconds', value)
}

/** The narrowest first: it says most about a status. */
function toRanges(value: unknown): StatusRange[] {
  const name = 'cacheTtlByStatus'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(name, 'an object such as { "200-299": 60, "404": 1 }', value)
  }
  const ranges = Object.entries(value).map(([key, seconds]): StatusRange => {
    const [, first, last = first] = STATUSES.exec(key.trim()) ?? fail(name, 'statuses such as "200-299"', key)
    return { first: Number(first), last: Number(last), seconds: toSeconds(`${name}["${key}"]`, seconds) }
  })
  return ranges.toSorted((a, b) => a.last - a.first - (b.last - b.first))
}

function toKey(value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= MOST_KEY && !value.includes('\n'))
    return value
  return fail('cacheKey', `a text of 1 to ${MOST_KEY} characters without a line break`, value)
}

function toTags(value: unknown): string[] {
  const isList = Array.isArray(value) && value.length <= MOST_TAGS
  if (isList && value.every((tag) => typeof tag === 'string')) return value
  return fail('cacheTags', `an array of at most ${MOST_TAGS} texts`, value)
}

function fail(name: string, expected: string, got: unknown): never {
  throw new TypeError(`cf.${name}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 100)}`)
}
