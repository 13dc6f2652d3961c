/**
 * What a shard is told to serve: everything about one version of an app but what is in it, in a form that can be posted to
 * a thread. Its content is loaded when its first request comes.
 */

import type { AppConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { toRecycleMb, type Limits } from '../config/limits.ts'
import type { EgressSettings } from '../egress/policy.ts'
import { NanoError } from '../errors.ts'
import { PAGES_PER_MB } from '../wasm/memory.ts'
import type { KeptImage } from './image-files.ts'

/** One version of an app, ready to be served. */
export interface Deployment extends KeptImage {
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
  component: KeptImage,
): Deployment {
  const { name, env, limits, egress } = app
  const { engineHash, image } = component
  expectRoom(component, limits)
  return { engineHash, image, id, version, name, env, limits, ...(egress === undefined ? {} : { egress }) }
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
