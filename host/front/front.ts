/**
 * An app whose requests are not all for its guest: what its files can answer never gets there.
 *
 *     request  >  a file, or a rule of its own? [answered]  >  is there a guest? [404]  >  tenant
 */

import { AssetSite } from '../assets/site.ts'
import type { AssetAnswer, AssetRequest } from '../assets/site.ts'
import type { FileReader } from '../assets/file-reader.ts'
import type { AssetSettings, SharedManifest } from '../assets/manifest.ts'
import { NO_ENGINE } from '../engine/no-engine.ts'
import { toHeaderOf } from '../http/header-values.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { sendAsset } from './send-asset.ts'

/** What of a deployment it needs. */
export interface FrontParts {
  readonly id: number
  readonly engineHash: string
  readonly assets?: SharedManifest
  readonly assetSettings: AssetSettings
}

/** What stands before a tenant: as the ingress knows it, it is the tenant. */
export class Front {
  readonly #tenant: Tenant
  readonly #assets: Pick<FrontParts, 'assets' | 'assetSettings'>
  readonly #id: number
  readonly #hasGuest: boolean
  readonly #reader: FileReader
  /** Made for the first request. */
  #site: AssetSite | undefined

  constructor({ id, engineHash, ...assets }: FrontParts, tenant: Tenant, reader: FileReader) {
    this.#tenant = tenant
    this.#id = id
    this.#assets = assets
    this.#hasGuest = engineHash !== NO_ENGINE.hash
    this.#reader = reader
  }

  get name() {
    return this.#tenant.name
  }

  get version() {
    return this.#tenant.version
  }

  get versionLabel() {
    return this.#tenant.versionLabel
  }

  get limits() {
    return this.#tenant.limits
  }

  get buffers() {
    return this.#tenant.buffers
  }

  get counts() {
    return this.#tenant.counts
  }

  handle(exchange: Exchange): ExchangeListener {
    const request = { method: exchange.method, url: exchange.url, header: toHeaderOf(exchange.headers) }
    const site = this.#openSite()
    const answer = site === undefined ? this.#answerAlone() : this.#answer(site, request)
    if (answer === undefined) return this.#tenant.handle(exchange)
    if (exchange.hasBody) exchange.cancelBody()
    const source = site ?? { root: '', key: '' }
    return sendAsset(exchange, answer, { source, reader: this.#reader, tenant: this.#tenant })
  }

  refused: Tenant['refused'] = (...refusal) => this.#tenant.refused(...refusal)

  #answer(site: AssetSite, request: AssetRequest): AssetAnswer | undefined {
    return this.#hasGuest ? site.answerFirst(request) : site.answer(request)
  }

  #answerAlone(): AssetAnswer | undefined {
    return this.#hasGuest ? undefined : { status: 404, headers: '' }
  }

  #openSite(): AssetSite | undefined {
    const { assets, assetSettings } = this.#assets
    if (assets === undefined) return undefined
    return (this.#site ??= new AssetSite({ manifest: assets, settings: assetSettings }, String(this.#id)))
  }
}

/** The tenant itself, where nothing stands before it. */
export function toFront(deployment: FrontParts, tenant: Tenant, reader: FileReader): Front | Tenant {
  const isPlain = deployment.assets === undefined && deployment.engineHash !== NO_ENGINE.hash
  return isPlain ? tenant : new Front(deployment, tenant, reader)
}
