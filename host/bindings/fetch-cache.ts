/**
 * Keeps answers to one fetch of an app that asks for it (`cf.cacheTtl` and the like), in the app's default cache, one for
 * all shards. Every hop of the fetch is looked up by itself, so that a redirect that is kept leads where the policy still
 * admits it.
 *
 *     hop  >  kept? [HIT]  >  the far side  >  for keeping? [BYPASS]  >  taken down on its way to the app [MISS]  >  kept
 *
 * What is taken down counts as what the host holds for the app, until the storage has it. An answer that the app does not
 * read to its end is not kept; neither is one that was asked for before a purge. A storage that does not answer, or not in
 * time, keeps no fetch from the far side.
 */

import { ReadableStream } from 'node:stream/web'

import type { FetchRule } from '../cache/fetch-rule.ts'
import { BY_STATUS, isKeepable } from '../cache/kept-response.ts'
import type { CacheRequest } from '../cache/kept-response.ts'
import { toMostBody } from '../cache/response-store.ts'
import { type Hop, isRedirect } from '../egress/redirect.ts'
import { parseHeaderLines, toHeaderLines, toValues } from '../http/header-lines.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { CacheCall } from '../storage/cache/open.ts'
import type { Storage } from '../storage/client.ts'
import { CacheLookup, KIND, toPairs } from './cache-lookup.ts'
import type { Finding, HopAnswer, HopCache } from './dialer.ts'
import { toAnswerHeaders } from './outbound-head.ts'
import { takeDown } from './take-down.ts'

/** What fetches need to be kept. */
export interface FetchCacheServices {
  readonly storage: Storage
  readonly buffers: ByteBudget
  /** What all that the app keeps may take up. */
  readonly mostBytes: number
  /** How long the storage may take to say what there is. */
  readonly answerMs: number
}

/** The default one. */
const CACHE = ''
const STATUS = 'cf-cache-status'
const ENCODING = 'accept-encoding'
const NOTHING = new Uint8Array(0)
/** Headers that ask for less than a whole answer. */
const OF_PART = /^(?:range|if-[a-z-]+)$/m

export class FetchCache implements HopCache {
  readonly #rule: FetchRule
  readonly #services: FetchCacheServices
  /** What the next hop is called; undefined: its URL. */
  #key: string | undefined

  constructor(rule: FetchRule, services: FetchCacheServices) {
    this.#rule = rule
    this.#services = services
    this.#key = rule.key
  }

  async find(hop: Hop): Promise<Finding> {
    const request = toRequest(hop, this.#key)
    this.#key = undefined
    const { storage, answerMs } = this.#services
    const { found, purges } = await new CacheLookup(CACHE, request).run(storage, answerMs)
    if (found === undefined || this.#rule.isRefresh) {
      void found?.body?.cancel()
      return { keep: (answer) => this.#keep(request, answer, purges) }
    }
    if (hop.method !== 'HEAD') return { found }
    void found.body?.cancel()
    return { found: { ...found, body: null } }
  }

  /** `purges`: how many there had been when nothing was found; undefined: there is no storage to ask. */
  #keep(request: CacheRequest, answer: HopAnswer, purges: number | undefined): HopAnswer {
    const { tags } = this.#rule
    const seconds = this.#rule.toSeconds(answer.status)
    const response = { status: answer.status, statusText: answer.statusText, headers: toKeptHeaders(answer) }
    const isWhole = request.method === 'GET' && !OF_PART.test(request.headers)
    if (purges === undefined || !isWhole || !isKeepable(request, response, { ...BY_STATUS, seconds }))
      return withStatus(answer, 'BYPASS')
    const { storage, buffers, mostBytes } = this.#services
    const put = (body: Uint8Array, done: () => void): void => {
      const args = { cache: CACHE, request, response, mostBytes, seconds, tags, purges }
      const call: CacheCall = { op: 'put', args }
      const listener = { onAnswer: done, onChunk() {}, onWant() {}, onFailed: done }
      storage.call({ kind: KIND, key: '', ...call, body }, false, listener)
    }
    // nobody reads where a redirect is followed
    if (answer.body === null || isRedirect(answer.status)) {
      put(NOTHING, () => {})
      return withStatus(answer, 'MISS')
    }
    const most = toMostBody(mostBytes)
    const body = ReadableStream.from(takeDown(answer.body, { buffers, mostBytes: most, put }))
    return withStatus({ ...answer, body }, 'MISS')
  }
}

function toRequest({ method, url, headers }: Hop, key: string | undefined): CacheRequest {
  const lines = headers.map(([name, value]) => toHeaderLines(name.toLowerCase(), value))
  return { method, url: key ?? url, headers: lines.join('') }
}

function withStatus(answer: HopAnswer, status: 'MISS' | 'BYPASS'): HopAnswer {
  const others = [...answer.headers].filter(([name]) => name !== STATUS)
  return { ...answer, headers: [...others, [STATUS, status]] }
}

/** Headers of an answer without its coding, which is none for this one request alone. */
function toKeptHeaders({ headers, body }: HopAnswer): string {
  const list = parseHeaderLines(toAnswerHeaders(headers, body !== null)) ?? []
  if (toValues(list, 'content-encoding').length > 0) return toLines(toPairs(list))
  const pairs = toPairs(list).map(([name, value]): [string, string] => [
    name,
    name === 'vary' ? withoutEncoding(value) : value,
  ])
  return toLines(pairs.filter(([name, value]) => name !== 'vary' || value !== ''))
}

function withoutEncoding(vary: string): string {
  const names = vary.split(',').map((name) => name.trim())
  return names.filter((name) => name.toLowerCase() !== ENCODING).join(', ')
}

function toLines(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => toHeaderLines(name, value)).join('')
}
