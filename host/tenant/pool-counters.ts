/** What a tenant's instances have done: types only. */

import type { Meter } from '../bindings/binding.ts'

/** What the instances of a tenant have done. */
export interface PoolCounters extends Meter {
  /** Instances made. */
  instances: number
  /** Instances that made room for others. */
  evicted: number
  traps: number
  /** Instances that used more processor time than they may. */
  cpuStops: number
  /** Instances that used more memory than they may. */
  memoryStops: number
  /** Instances that take requests or finish what they began. */
  liveInstances: number
  openRequests: number
  memoryBytes: number
}
