/**
 * What a shard is told to serve: everything about one app, in a form that can be posted to a thread. The image is in
 * shared memory, so that all shards and all apps of one component have the same bytes.
 */

import type { AppConfig } from '../config/config.ts'
import type { EgressSettings } from '../egress/policy.ts'
import type { OpenComponent } from './open-component.ts'

/** One app, ready to be served. */
export interface Deployment extends OpenComponent {
  readonly name: string
  readonly hostname: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Undefined: public addresses. */
  readonly egress?: EgressSettings
  readonly recycle: { readonly maxRequests?: number; readonly maxMemoryMb?: number }
}

export function toDeployment(app: AppConfig, component: OpenComponent): Deployment {
  const { name, hostname, env, timeoutMs, memoryMb, recycleRequests, recycleMemoryMb, egress } = app
  return {
    ...component,
    name,
    hostname,
    env,
    timeoutMs,
    memoryMb,
    ...(egress === undefined ? {} : { egress }),
    recycle: {
      ...(recycleRequests === undefined ? {} : { maxRequests: recycleRequests }),
      ...(recycleMemoryMb === undefined ? {} : { maxMemoryMb: recycleMemoryMb }),
    },
  }
}
