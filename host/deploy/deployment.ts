/**
 * What a shard is told to serve: everything about one version of an app, in a form that can be posted to a thread. The
 * image is in shared memory, so that all shards and all apps of one component have the same bytes.
 */

import { DEFAULT_ASSET_SETTINGS } from '../assets/manifest.ts'
import type { AssetSettings } from '../assets/manifest.ts'
import type { AppConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { defined } from '../config/defined.ts'
import { toRecycleMb, type Limits } from '../config/limits.ts'
import type { EgressSettings } from '../egress/policy.ts'
import { NanoError } from '../errors.ts'
import { PAGES_PER_MB } from '../wasm/memory.ts'
import type { OpenComponent } from './open-component.ts'

/** One version of an app, ready to be served. */
export interface Deployment extends OpenComponent {
  /** How its files are given. */
  readonly assetSettings: AssetSettings
  /** The most MiB of responses that are kept before it; undefined: none are. */
  readonly responseCacheMb?: number
  /** Unique in the process; a later deployment has a larger one. */
  readonly id: number
  /** The app's name. */
  readonly name: string
  /** The number of the version in the data directory, of an app that was deployed. */
  readonly version?: number | undefined
  readonly env: Env
  readonly limits: Limits
  /** Undefined: public addresses. */
  readonly egress?: EgressSettings
}

/** Throws COMPONENT_INVALID for an app that does not fit into its memory. */
export function toDeployment(
  { id, version }: Pick<Deployment, 'id' | 'version'>,
  app: AppConfig,
  component: OpenComponent,
): Deployment {
  const { name, env, limits, egress, assets: assetSettings = DEFAULT_ASSET_SETTINGS, responseCacheMb } = app
  expectRoom(component, limits)
  return {
    ...component,
    id,
    version,
    name,
    env,
    limits,
    assetSettings,
    ...defined({ egress, responseCacheMb }),
  }
}

/**
 * A component says itself how much memory it begins with. It can neither lift its own ceiling with that, nor begin where
 * instances are replaced: then every request would make a new one.
 */
function expectRoom({ image }: OpenComponent, limits: Limits): void {
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
