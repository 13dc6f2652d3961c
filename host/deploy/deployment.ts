/**
 * What a shard is told to serve: everything about one app, in a form that can be posted to a thread. The image is in
 * shared memory, so that all shards and all apps of one component have the same bytes.
 */

import type { AppConfig } from '../config/config.ts'
import type { Limits } from '../config/limits.ts'
import type { EgressSettings } from '../egress/policy.ts'
import { NanoError } from '../errors.ts'
import type { OpenComponent } from './open-component.ts'

const PAGES_PER_MB = 16

/** One app, ready to be served. */
export interface Deployment extends OpenComponent {
  readonly name: string
  readonly hostname: string
  readonly env: Readonly<Record<string, string>>
  readonly limits: Limits
  /** Undefined: public addresses. */
  readonly egress?: EgressSettings
}

/** Throws COMPONENT_INVALID for an app that does not fit into its memory. */
export function toDeployment(app: AppConfig, component: OpenComponent): Deployment {
  const { name, hostname, env, limits, egress } = app
  expectRoom(component, limits.memoryMb)
  return { ...component, name, hostname, env, limits, ...(egress === undefined ? {} : { egress }) }
}

/** A component says itself how much memory it begins with; it cannot lift its own ceiling with that. */
function expectRoom({ image }: OpenComponent, memoryMb: number): void {
  const needed = Math.ceil(image.pages / PAGES_PER_MB)
  if (needed <= memoryMb) return
  throw new NanoError(
    'COMPONENT_INVALID',
    `the app begins with ${needed} MiB of memory, its memory_mb allows ${memoryMb}. ` +
      'Keep less at the top level of the app, or raise memory_mb.',
  )
}
