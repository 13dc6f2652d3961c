/**
 * Responses of an app that are given again without asking it: what it declares to be for all (`public`, `s-maxage`), as long
 * as it says. One request at a time asks the app for a URL, the others wait for what comes of it.
 *
 *     request  >  kept and fresh? [HIT]  >  stale, and may be given? [STALE, asked for anew in the background]
 *              >  is somebody asking for it? wait, and look again  >  ask the app [MISS], and keep what it says
 *
 * What turned out not to be for keeping is not waited for, for a while: those requests go to the app side by side [BYPASS],
 * and so do those for a part of a response, and those that have waited for long.
 */

import { LRUCache } from 'lru-cache'

import { isKeepable } from '../cache/kept-response.ts'
import type { CacheableResponse, Keep } from '../cache/kept-response.ts'
import { ResponseStore } from '../cache/response-store.ts'
import type { Found, Purge } from '../cache/response-store.ts'
import { selectCached } from '../cache/select-cached.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Filling, isPartial, Refreshing } from './filling.ts'
import { Waiting } from './waiting.ts'

/** What has become of requests. */
export interface CacheCounts {
  cacheHits: number
  cacheMisses: number
  cacheStale: number
}

export interface ResponseCacheOptions {
  readonly mostMb: number
  /** How long a request waits for another one's answer. */
  readonly waitMs: number
  readonly ask: (exchange: Exchange) => ExchangeListener
}

/** All are of one door: what an app puts into caches of its own is elsewhere. */
const DOOR = ''
const KEEP: Keep = { mustBeShared: true }
/** How long what was not for keeping is not waited for, and of how many URLs that is known. */
const PASS_MS = 30_000
const MOST_PASSES = 1000
/** Of one URL. */
const MOST_WAITING = 1000
const BYTES_PER_MB = 1024 * 1024
const encoder = new TextEncoder()

export class ResponseCache {
  readonly counts: CacheCounts = { cacheHits: 0, cacheMisses: 0, cacheStale: 0 }
  readonly #options: ResponseCacheOptions
  readonly #store: ResponseStore
  /** Who waits, by the URL that the app is being asked for. */
  readonly #fills = new Map<string, Set<Waiting>>()
  readonly #passes = new LRUCache<string, true>({ max: MOST_PASSES, ttl: PASS_MS })
  readonly #refreshing = new Set<string>()

  constructor(options: ResponseCacheOptions) {
    this.#options = options
    this.#store = new ResponseStore(options.mostMb * BYTES_PER_MB)
  }

  handle(exchange: Exchange): ExchangeListener {
    const { method, hasBody, url } = exchange
    if ((method !== 'GET' && method !== 'HEAD') || hasBody) return this.#options.ask(exchange)
    const found = this.#store.find(DOOR, exchange)
    if (found !== undefined) return this.#give(exchange, found)
    if (method === 'HEAD' || isPartial(exchange.headers) || this.#passes.has(url))
      return this.#bypass(exchange)
    const waiting = this.#fills.get(url)
    if (waiting === undefined) return this.#fill(exchange)
    if (waiting.size >= MOST_WAITING) return this.#bypass(exchange)
    const late = (left: Exchange): ExchangeListener => this.#bypass(left)
    return new Waiting(exchange, waiting, { ms: this.#options.waitMs, late })
  }

  /** Gives how many went. */
  purge(purge: Purge): number {
    return this.#store.purge(purge)
  }

  #give(exchange: Exchange, found: Found): ExchangeListener {
    const isFresh = found.state === 'fresh'
    this.counts[isFresh ? 'cacheHits' : 'cacheStale']++
    if (!isFresh) this.#refresh(exchange)
    const { status, statusText, headers, body } = selectCached(found, exchange, isFresh ? 'HIT' : 'STALE')
    const reason = statusText === '' ? '' : toHeaderLines(':reason', statusText)
    const isHead = exchange.method === 'HEAD'
    exchange.send(status, encoder.encode(reason + headers), isHead ? body.subarray(0, 0) : body)
    return NOBODY
  }

  #bypass(exchange: Exchange): ExchangeListener {
    return new Filling(exchange, 'BYPASS').ask(this.#options.ask)
  }

  #fill(exchange: Exchange): ExchangeListener {
    const { url } = exchange
    const waiting = new Set<Waiting>()
    this.#fills.set(url, waiting)
    this.counts.cacheMisses++
    const filling = new Filling(exchange, 'MISS', {
      ...this.#toRules(exchange),
      onDone: (response) => {
        this.#fills.delete(url)
        this.#keep(exchange, response)
        for (const each of waiting) each.goOn((left) => this.handle(left))
      },
    })
    return filling.ask(this.#options.ask)
  }

  /** Nobody waits for it. */
  #refresh(exchange: Exchange): void {
    const { url } = exchange
    if (this.#refreshing.has(url)) return
    this.#refreshing.add(url)
    const refreshing = new Refreshing(exchange, {
      ...this.#toRules(exchange),
      onDone: (response) => {
        this.#refreshing.delete(url)
        this.#keep(exchange, response)
      },
    })
    this.#options.ask(refreshing)
  }

  /** `false`: it is not for keeping; undefined: nothing came. */
  #keep(exchange: Exchange, response: CacheableResponse | false | undefined): void {
    if (response === undefined) return
    const isKept = response !== false && this.#store.put(DOOR, exchange, response, KEEP)
    if (!isKept) this.#passes.set(exchange.url, true)
  }

  #toRules(exchange: Exchange) {
    return {
      mostBytes: this.#store.mostBodyBytes,
      isKeepable: (head: Omit<CacheableResponse, 'body'>) => isKeepable(exchange, head, KEEP),
    }
  }
}
