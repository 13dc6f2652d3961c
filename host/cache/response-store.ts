/**
 * Cached responses of one app, in memory, as a shared cache keeps them (RFC 9111): what is fresh, what is stale and may be
 * given while it is asked for anew, and which of the responses of a URL a request gets. The ones that were used last
 * stay; all of them together have a bound. Which response is kept at all says `kept-response.ts`.
 */

import { LRUCache } from 'lru-cache'

import { isChosen, toKept, toRecord } from './kept-response.ts'
import type { CacheableResponse, CacheRequest, Keep, Kept } from './kept-response.ts'

/** What there is for a request. `stale`: give it, and ask for a new one. */
export interface Found {
  readonly state: 'fresh' | 'stale'
  readonly response: Kept
  /** Seconds. */
  readonly age: number
}

/** What is to go; all of it unless something is given. */
export interface Purge {
  readonly urls?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
}

/** What has become of responses. */
export interface StoreCounts {
  stored: number
  /** Gone to make room for others. */
  evicted: number
  purged: number
}

/** Of one URL. */
const MOST_VARIANTS = 16
/** What an entry takes besides its text and bytes. */
const ENTRY_BYTES = 1024
/** The largest response, as a part of all. */
const LARGEST_SHARE = 1 / 4

type KeptCache = LRUCache<string, readonly Kept[]>

export class ResponseStore {
  readonly counts: StoreCounts = { stored: 0, evicted: 0, purged: 0 }
  #kept: KeptCache
  /** How often something was purged: what was asked for before that is not to be kept. */
  #purges = 0

  constructor(mostBytes: number) {
    this.#kept = this.#open(mostBytes)
  }

  /** Bytes of a body beyond which no response is kept. */
  get mostBodyBytes(): number {
    return toMostBody(this.#kept.maxSize)
  }

  /** What all that is kept takes up. */
  get bytes(): number {
    return this.#kept.calculatedSize
  }

  get purges(): number {
    return this.#purges
  }

  /** What no longer has room goes. */
  resize(mostBytes: number): void {
    if (mostBytes === this.#kept.maxSize) return
    const entries = this.#kept.dump()
    this.#kept = this.#open(mostBytes)
    this.#kept.load(entries)
  }

  /** `door`: which of the app's caches. */
  find(door: string, request: CacheRequest): Found | undefined {
    const list = this.#kept.get(toKey(door, request.url))
    if (list === undefined) return undefined
    let asked: ReturnType<typeof toRecord> | undefined
    const response = list.find(
      ({ vary }) => vary.length === 0 || isChosen(vary, (asked ??= toRecord(request.headers))),
    )
    if (response === undefined) return undefined
    const { policy, staleSeconds } = response
    const age = Math.floor(policy.age())
    if (!policy.stale()) return { state: 'fresh', response, age }
    return age < policy.maxAge() + staleSeconds ? { state: 'stale', response, age } : undefined
  }

  /** What of a request tells its response from others of the URL, by the last one that was kept. */
  toVariant(door: string, { url, headers }: CacheRequest): string {
    const [last] = this.#kept.peek(toKey(door, url)) ?? []
    if (last === undefined || last.vary.length === 0) return ''
    const asked = toRecord(headers)
    return JSON.stringify(last.vary.map(([name]) => asked[name] ?? null))
  }

  /**
   * Keeps a response, if that is what it wants and there is room. `purges`: how many there were when it was asked for; it
   * is not kept if there was one since.
   */
  put(
    door: string,
    request: CacheRequest,
    response: CacheableResponse,
    keep: Keep = {},
    purges = this.#purges,
  ): boolean {
    if (response.body.length > this.mostBodyBytes || purges !== this.#purges) return false
    const kept = toKept(request, response, keep)
    if (kept === undefined) return false
    const key = toKey(door, request.url)
    const asked = toRecord(request.headers)
    const others = (this.#kept.get(key) ?? []).filter(({ vary }) => !isChosen(vary, asked))
    this.#kept.set(key, [kept, ...others].slice(0, MOST_VARIANTS))
    if (!this.#kept.has(key)) return false
    this.counts.stored++
    return true
  }

  /** Whether there was one. */
  delete(door: string, url: string): boolean {
    return this.#kept.delete(toKey(door, url))
  }

  /** Gives how many went. */
  purge({ urls, tags }: Purge): number {
    this.#purges++
    let count = 0
    for (const [key, list] of Array.from(this.#kept.entries())) {
      const left =
        urls === undefined && tags === undefined ? [] : list.filter((each) => !isNamed(each, { urls, tags }))
      count += list.length - left.length
      if (left.length === 0) this.#kept.delete(key)
      else if (left.length < list.length) this.#kept.set(key, left)
    }
    this.counts.purged += count
    return count
  }

  #open(maxSize: number): KeptCache {
    return new LRUCache({
      maxSize,
      maxEntrySize: maxSize,
      sizeCalculation: (list) => list.reduce((sum, each) => sum + toSize(each), 1),
      dispose: (list, _key, reason) => {
        if (reason === 'evict') this.counts.evicted += list.length
      },
    })
  }
}

/** Bytes of the largest body that is kept where all may take up so many. */
export function toMostBody(mostBytes: number): number {
  return Math.floor(mostBytes * LARGEST_SHARE)
}

function isNamed({ url, tags }: Kept, purge: Purge): boolean {
  return (
    purge.urls?.includes(url) === true || purge.tags?.some((tag) => tags.includes(tag.toLowerCase())) === true
  )
}

function toSize({ body, headers, url }: Kept): number {
  // its headers are kept in two forms
  return body.length + 2 * (2 * headers.length + url.length) + ENTRY_BYTES
}

function toKey(door: string, url: string): string {
  return `${door}\n${withoutHash(url)}`
}

function withoutHash(url: string): string {
  const hash = url.indexOf('#')
  return hash < 0 ? url : url.slice(0, hash)
}
