/**
 * An app whose requests are not all for its guest on this shard: what its files or kept responses can answer never
 * gets there, and where there are several shards the rest may be another one's.
 *
 *     request  >  a file, or a rule of its own? [answered]  >  is there a guest? [404]  >  a response that is kept? [answered]
 *              >  is another shard its home? handed over (home/door.ts)  >  tenant
 */

import type { FileReader } from '../assets/file-reader.ts'
import type { AssetAnswer } from '../assets/site.ts'
import type { Purge } from '../cache/response-store.ts'
import type { Call } from '../http/request-head.ts'
import { toHeaderOf } from '../http/header-values.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import type { AppTenant, TenantCounters } from '../tenant/tenant.ts'
import type { AppFiles } from './app-files.ts'
import type { AroundCounts } from '../tenant/around-counts.ts'
import { ResponseCache } from './response-cache.ts'
import { sendAsset } from './send-asset.ts'

/** Where the app has a home (home/door.ts): serves what is asked here, or has it served there. */
interface Door extends Pick<AppTenant, 'handle'> {
  readonly counts: Pick<TenantCounters, 'handOvers' | 'spreads'>
}

export interface FrontOptions {
  /** Undefined: it has none, and is not of files alone. */
  readonly files: AppFiles | undefined
  readonly reader: FileReader
  /** The most MiB of responses that are kept; undefined: none are. */
  readonly cacheMb: number | undefined
  /** Undefined: there is one shard. */
  readonly door: Door | undefined
}

const NOTHING: AssetAnswer = { status: 404, headers: '' }

/** What stands before a tenant: as the ingress knows it, it is the tenant. */
export class Front {
  /** Who answers the rest. */
  readonly tenant: AppTenant
  readonly #files: AppFiles | undefined
  readonly #reader: FileReader
  readonly #door: Door | undefined
  readonly #cache: ResponseCache | undefined
  readonly #guest: Pick<AppTenant, 'handle'>
  /** What is asked when there is no answer here. */
  readonly #next: Pick<AppTenant, 'handle'>

  constructor(tenant: AppTenant, { files, reader, cacheMb, door }: FrontOptions) {
    this.tenant = tenant
    this.#door = door
    this.#files = files
    this.#reader = reader
    const waitMs = tenant.limits.timeoutMs / 2
    const guest = door ?? tenant
    const ask = (exchange: Exchange): ExchangeListener => guest.handle(exchange)
    const { buffers, around: counts } = tenant
    this.#cache =
      cacheMb === undefined ? undefined : new ResponseCache({ mostMb: cacheMb, waitMs, buffers, counts, ask })
    this.#guest = guest
    this.#next = this.#cache ?? guest
  }

  get name() {
    return this.tenant.name
  }

  get version() {
    return this.tenant.version
  }

  get versionLabel() {
    return this.tenant.versionLabel
  }

  get limits() {
    return this.tenant.limits
  }

  get buffers() {
    return this.tenant.buffers
  }

  get counts() {
    return this.tenant.counts
  }

  get counters(): TenantCounters {
    return { ...this.tenant.counters, ...this.#door?.counts }
  }

  /** Responses that are kept go. */
  purge(purge: Purge): void {
    this.#cache?.purge(purge)
  }

  handle(exchange: Exchange): ExchangeListener {
    const { call } = exchange
    const files = call === undefined || isOfDefault(call) ? this.#files : undefined
    const answer = files && toAnswer(files, exchange)
    // what an app says to another is kept for nobody
    if (answer === undefined && call !== undefined) return this.#guest.handle(exchange)
    if (answer === undefined) return this.#next.handle(exchange)
    if (exchange.hasBody) exchange.cancelBody()
    this.#count(answer)
    const source = files?.site ?? { root: '', key: '' }
    return sendAsset(exchange, answer, { source, reader: this.#reader, tenant: this.tenant })
  }

  #count({ status, body }: AssetAnswer): void {
    const { around } = this.tenant
    around[toCount(status)]++
    if (body !== undefined) around.assetBytes += body.end - body.start
  }

  refused: AppTenant['refused'] = (...refusal) => this.tenant.refused(...refusal)
}

/** The files are the default export's. */
function isOfDefault({ entrypoint, message }: Call): boolean {
  return entrypoint === '' && message === undefined
}

function toAnswer({ isAlone, site }: AppFiles, { method, url, headers }: Exchange): AssetAnswer | undefined {
  const request = { method, url, header: toHeaderOf(headers) }
  return isAlone ? (site?.answer(request) ?? NOTHING) : site?.answerFirst(request)
}

function toCount(status: number): keyof AroundCounts {
  if (status === 304) return 'assetUnchanged'
  if (status === 404) return 'assetMissing'
  if (status < 300) return 'assetFiles'
  return status < 400 ? 'assetRedirects' : 'assetRefused'
}
