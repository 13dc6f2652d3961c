/**
 * An app whose requests are not all for its guest: what its files or kept responses can answer never
 * gets there.
 *
 *     request  >  a file, or a rule of its own? [answered]  >  is there a guest? [404]  >  a response that is kept? [answered]
 *              >  tenant
 */

import type { FileReader } from '../assets/file-reader.ts'
import type { AssetAnswer } from '../assets/site.ts'
import type { Purge } from '../cache/response-store.ts'
import { toHeaderOf } from '../http/header-values.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import type { Tenant, TenantCounters } from '../tenant/tenant.ts'
import type { AppFiles } from './app-files.ts'
import { ResponseCache } from './response-cache.ts'
import { sendAsset } from './send-asset.ts'

export interface FrontOptions {
  readonly files: AppFiles
  readonly reader: FileReader
  /** The most MiB of responses that are kept; undefined: none are. */
  readonly cacheMb: number | undefined
}

const NOTHING: AssetAnswer = { status: 404, headers: '' }

/** What stands before a tenant: as the ingress knows it, it is the tenant. */
export class Front {
  /** Who answers the rest. */
  readonly tenant: Tenant
  readonly #files: AppFiles
  readonly #reader: FileReader

  readonly #cache: ResponseCache | undefined

  constructor(tenant: Tenant, { files, reader, cacheMb }: FrontOptions) {
    this.tenant = tenant
    this.#files = files
    this.#reader = reader
    const waitMs = tenant.limits.timeoutMs / 2
    const ask = (exchange: Exchange): ExchangeListener => tenant.handle(exchange)
    this.#cache = cacheMb === undefined ? undefined : new ResponseCache({ mostMb: cacheMb, waitMs, ask })
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
    return { ...this.tenant.counters, ...this.#cache?.counts }
  }

  /** Responses that are kept go. */
  purge(purge: Purge): void {
    this.#cache?.purge(purge)
  }

  handle(exchange: Exchange): ExchangeListener {
    const answer = this.#answer(exchange)
    if (answer === undefined) return (this.#cache ?? this.tenant).handle(exchange)
    if (exchange.hasBody) exchange.cancelBody()
    const source = this.#files.site ?? { root: '', key: '' }
    return sendAsset(exchange, answer, { source, reader: this.#reader, tenant: this.tenant })
  }

  refused: Tenant['refused'] = (...refusal) => this.tenant.refused(...refusal)

  #answer({ method, url, headers }: Exchange): AssetAnswer | undefined {
    const { isAlone, site } = this.#files
    const request = { method, url, header: toHeaderOf(headers) }
    return isAlone ? (site?.answer(request) ?? NOTHING) : site?.answerFirst(request)
  }
}
