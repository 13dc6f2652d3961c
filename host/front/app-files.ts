/** The files of one version of an app, opened when somebody asks for the first of them. */

import { AssetSite } from '../assets/site.ts'
import type { AssetSettings, SharedManifest } from '../assets/manifest.ts'
import { NO_ENGINE } from '../engine/no-engine.ts'

/** What of a deployment it needs. */
export interface FileParts {
  readonly id: number
  readonly engineHash: string
  /** Its guest is a component from elsewhere. */
  readonly foreign?: object
  readonly assets?: SharedManifest
  readonly assetSettings: AssetSettings
}

export class AppFiles {
  readonly #parts: FileParts
  #site: AssetSite | undefined

  constructor(parts: FileParts) {
    this.#parts = parts
  }

  /** Undefined: the app has none. */
  get site(): AssetSite | undefined {
    const { assets: manifest, assetSettings: settings, id } = this.#parts
    if (manifest === undefined) return undefined
    return (this.#site ??= new AssetSite({ manifest, settings }, String(id)))
  }

  get isEmpty(): boolean {
    return this.#parts.assets === undefined
  }

  /** Nobody but they answers. */
  get isAlone(): boolean {
    return this.#parts.engineHash === NO_ENGINE.hash && this.#parts.foreign === undefined
  }
}
