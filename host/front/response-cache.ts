/**
 * Responses of an app that are given again without asking it: what it declares to be for all (`public`, `s-maxage`), as long
 * as it says. One request at a time asks the app for a response, the others wait for what comes of it.
 *
 *     request  >  kept and fresh? [HIT]  >  stale, and may be given? [STALE, asked for anew in the background]
 *              >  is somebody asking for it? wait, and look again  >  ask the app, and keep what it says [MISS, or BYPASS]
 *
 *     a fill:  waited for  --done-->  over: who waits looks again
 *              waited for  --one has waited for long-->  by itself: that one asks in its place, and is waited for
 *
 * What turned out not to be for keeping is not waited for, for a while: those requests go to the app side by side, and what is
 * to be kept of them is. Requests for a part of a response only go through. What comes of a fill that began before a purge is
 * not kept.
 */

import { LRUCache } from 'lru-cache'

import { isKeepable } from '../cache/kept-response.ts'
import type { CacheableResponse, Keep } from '../cache/kept-response.ts'
import { ResponseStore } from '../cache/response-store.ts'
import type { Found, Purge } from '../cache/response-store.ts'
import { selectCached } from '../cache/select-cached.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { AroundCounts } from '../tenant/around-counts.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { toDoor } from './cache-door.ts'
import { Filling, isPartial, Refreshing } from './filling.ts'
import { Waiting } from './waiting.ts'

export interface ResponseCacheOptions {
  readonly mostMb: number
  /** How long a request waits for another one's answer. */
  readonly waitMs: number
  /** What is held of responses until they are whole. */
  readonly buffers: ByteBudget
  readonly counts: AroundCounts
  readonly ask: (exchange: Exchange) => ExchangeListener
}

/** A request, and what it is known by. */
interface Asked {
  readonly exchange: Exchange
  readonly door: string
  /** The same for all that get the same response, as far as is known. */
  readonly key: string
}

const KEEP: Keep = { mustBeShared: true }
/** How long what was not for keeping is not waited for, and of how many responses that is known. */
const PASS_MS = 30_000
const MOST_PASSES = 1000
/** For one fill. */
const MOST_WAITING = 1000
const BYTES_PER_MB = 1024 * 1024

export class ResponseCache {
  readonly #options: ResponseCacheOptions
  readonly #store: ResponseStore
  /** Who waits, by what the app is being asked for. */
  readonly #fills = new Map<string, Set<Waiting>>()
  readonly #passes = new LRUCache<string, true>({ max: MOST_PASSES, ttl: PASS_MS })
  readonly #refreshing = new Set<string>()

  constructor(options: ResponseCacheOptions) {
    this.#options = options
    this.#store = new ResponseStore(options.mostMb * BYTES_PER_MB)
  }

  handle(exchange: Exchange): ExchangeListener {
    const { method, hasBody, headers, url } = exchange
    if ((method !== 'GET' && method !== 'HEAD') || hasBody || exchange.upgrade !== undefined)
      return this.#options.ask(exchange)
    const door = toDoor(headers)
    const found = this.#store.find(door, exchange)
    if (found?.state === 'fresh') return this.#give(exchange, found)
    const key = `${door}\n${url}\n${this.#store.toVariant(door, exchange)}`
    const asked = { exchange, door, key }
    if (found !== undefined) {
      this.#refresh(asked)
      return this.#give(exchange, found)
    }
    if (method === 'HEAD' || isPartial(headers)) return this.#goThrough(exchange)
    const waiting = this.#fills.get(key)
    if (this.#passes.has(key) || (waiting !== undefined && waiting.size >= MOST_WAITING))
      return this.#fill(asked)
    if (waiting === undefined) return this.#lead(asked)
    const late = (): ExchangeListener =>
      this.#fills.get(key) === waiting ? this.#lead(asked) : this.#fill(asked)
    return new Waiting(exchange, waiting, { ms: this.#options.waitMs, late })
  }

  purge(purge: Purge): void {
    this.#store.purge(purge)
    this.#count()
  }

  #give(exchange: Exchange, found: Found): ExchangeListener {
    const { counts } = this.#options
    const isFresh = found.state === 'fresh'
    counts[isFresh ? 'cacheHits' : 'cacheStale']++
    const { status, statusText, headers, body } = selectCached(found, exchange, isFresh ? 'HIT' : 'STALE')
    const reason = statusText === '' ? '' : toHeaderLines(':reason', statusText)
    const given = exchange.method === 'HEAD' ? body.subarray(0, 0) : body
    counts.cacheBytes += given.length
    exchange.send(status, found.response.head.encode(reason + headers), given)
    return NOBODY
  }

  #goThrough(exchange: Exchange): ExchangeListener {
    this.#options.counts.cacheBypasses++
    return new Filling(exchange).ask(this.#options.ask)
  }

  /** The others wait for it. */
  #lead(asked: Asked): ExchangeListener {
    const waiting = new Set<Waiting>()
    this.#fills.set(asked.key, waiting)
    return this.#fill(asked, () => {
      if (this.#fills.get(asked.key) === waiting) this.#fills.delete(asked.key)
      for (const each of waiting) each.goOn((left) => this.handle(left))
    })
  }

  #fill(asked: Asked, onOver: () => void = () => {}): ExchangeListener {
    const { counts } = this.#options
    const keep = this.#toKeep(asked)
    const filling = new Filling(asked.exchange, {
      ...this.#toRules(asked),
      onHead: (isKept) => counts[isKept ? 'cacheMisses' : 'cacheBypasses']++,
      onDone: (response) => {
        keep(response)
        onOver()
      },
    })
    return filling.ask(this.#options.ask)
  }

  /** Nobody waits for it. */
  #refresh(asked: Asked): void {
    const { key, exchange } = asked
    if (this.#refreshing.has(key)) return
    this.#refreshing.add(key)
    const keep = this.#toKeep(asked)
    const refreshing = new Refreshing(exchange, {
      ...this.#toRules(asked),
      onDone: (response) => {
        this.#refreshing.delete(key)
        keep(response)
      },
    })
    this.#options.ask(refreshing)
  }

  /** For what comes from now on; `false`: it is not for keeping; undefined: nothing came. */
  #toKeep({ exchange, door, key }: Asked): (response: CacheableResponse | false | undefined) => void {
    const { purges } = this.#store
    return (response) => {
      if (response === undefined) return
      const isKept = response !== false && this.#store.put(door, exchange, response, KEEP, purges)
      if (isKept) this.#passes.delete(key)
      else if (purges === this.#store.purges) this.#passes.set(key, true)
      this.#count()
    }
  }

  #toRules({ exchange }: Asked) {
    return {
      mostBytes: this.#store.mostBodyBytes,
      buffers: this.#options.buffers,
      isKeepable: (head: Omit<CacheableResponse, 'body'>) => isKeepable(exchange, head, KEEP),
    }
  }

  #count(): void {
    const { counts } = this.#options
    const { stored, evicted, purged } = this.#store.counts
    Object.assign(counts, { cacheStored: stored, cacheEvicted: evicted, cachePurged: purged })
  }
}
