/** A version that somebody sends. */

import type { NewAssets } from '../assets/new-assets.ts'
import type { GivenSettings } from './kept-settings.ts'

/** What is deployed. What is not given is as it was: of a new app, its host name is its name. */
export interface NewDeploy extends GivenSettings {
  readonly app: string
  readonly hostname?: string | undefined
  readonly component?: Uint8Array | undefined
  /** Files that belong to it, which are there already; undefined: as they were. */
  readonly assets?: NewAssets | undefined
  /** Of the component that is given. */
  readonly sourceMap?: Uint8Array | undefined
  /** The reference of a registry that it comes from, with its digest. */
  readonly source?: string | undefined
  /** What is to be said of it in the report. */
  readonly warnings?: readonly string[] | undefined
  /** The version's part of the requests; the version before serves the rest. All of them unless given. */
  readonly percent?: number | undefined
}
