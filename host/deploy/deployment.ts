/**
 * What a shard is told to serve: everything about one version of an app but what is in it, in a form that can be posted to
 * a thread. Its content is loaded when its first request comes.
 */

import { DEFAULT_ASSET_SETTINGS } from '../assets/manifest.ts'
import type { AssetSettings, SharedManifest } from '../assets/manifest.ts'
import type { RateTables } from '../bindings/rate-limit.ts'
import type { AppConfig, Isolation } from '../config/config.ts'
import type { DataNames } from '../config/class-data.ts'
import type { Env } from '../config/env.ts'
import { defined } from '../config/defined.ts'
import { toRecycleMb, type Limits } from '../config/limits.ts'
import type { ForeignSettings } from '../config/foreign-settings.ts'
import type { ForeignCode } from '../transpile/transpile.ts'
import type { OpenComponent } from './opening.ts'
import type { EgressSettings } from '../egress/policy.ts'
import { NanoError } from '../errors.ts'
import { PAGES_PER_MB } from '../wasm/memory.ts'
import type { KeptImage } from './image-files.ts'

/** One version of an app, ready to be served. */
export interface Deployment extends KeptImage {
  /** Files that belong to it. */
  readonly assets?: SharedManifest
  /** How they are given. */
  readonly assetSettings: AssetSettings
  /** The most MiB of responses that are kept before it; undefined: none are. */
  readonly responseCacheMb?: number
  /** What has a memory of its own; undefined: an instance. */
  readonly isolation?: Isolation
  /** Apps of other hosts of the fleet that may call it; undefined: none. */
  readonly calledBy?: readonly string[]
  /** Unique in the process; a later deployment has a larger one. */
  readonly id: number
  /** The app's name. */
  readonly name: string
  /** The number of the version in the data directory, of an app that was deployed. */
  readonly version?: number | undefined
  readonly env: Env
  readonly limits: Limits
  /** What the data of its classes is called, where that is not the name of the class. */
  readonly dataNames?: DataNames
  /** Undefined: public addresses. */
  readonly egress?: EgressSettings
  /** It is a component from elsewhere. */
  readonly foreign?: ForeignCode & ForeignSettings
  /** What its rate limits are counted in, for all shards; undefined: it has none. */
  readonly rateTables?: RateTables
}

/** Throws COMPONENT_INVALID for an app that does not fit into its memory. */
export function toDeployment(
  { id, version, rateTables }: Pick<Deployment, 'id' | 'version' | 'rateTables'>,
  app: AppConfig,
  component: Pick<OpenComponent, 'engineHash' | 'image' | 'assets' | 'foreign'>,
): Deployment {
  const { name, env, limits, egress, responseCacheMb, isolation, calledBy, dataNames } = app
  const assetSettings = app.assets ?? DEFAULT_ASSET_SETTINGS
  const { engineHash, image, assets } = component
  const foreign = app.foreign && component.foreign && { ...app.foreign, ...component.foreign }
  expectRoom(component, limits)
  const given = defined({
    egress,
    responseCacheMb,
    isolation,
    calledBy,
    dataNames,
    assets,
    rateTables,
    foreign,
  })
  return { engineHash, image, id, version, name, env, limits, assetSettings, ...given }
}

/**
 * A component says itself how much memory it begins with. It can neither lift its own ceiling with that, nor begin where
 * instances are replaced: then every request would make a new one.
 */
function expectRoom({ image }: KeptImage, limits: Limits): void {
  const needed = Math.ceil(image.pages / PAGES_PER_MB)
  const { memoryMb } = limits
  const recycleMb = toRecycleMb(limits)
  if (needed <= Math.min(memoryMb, recycleMb)) return
  const allowed =
    needed > memoryMb ? `its memory_mb allows ${memoryMb}` : `and instances are replaced beyond ${recycleMb}`
  throw new NanoError(
    'COMPONENT_INVALID',
    `the app begins with ${needed} MiB of memory, ${allowed}. ` +
      'Keep less at the top level of the app, or raise memory_mb.',
  )
}
