/** What there is to be told at one moment: types only. */

import type { CronCounts } from '../cron/schedule.ts'
import type { ImageCounters } from '../image/counters.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { QueueStatus } from '../queues/queues.ts'
import type { ShardReport, VersionCounts } from '../tenant/shard-report.ts'
import type { TurnReport } from '../tenant/turn-times.ts'

export interface HostSnapshot {
  /** Apps' versions that did anything. */
  readonly versions: readonly VersionCounts[]
  readonly turns: TurnReport
  /** Of the shards that are there, by name. */
  readonly reports: ReadonlyMap<string, ShardReport>
  readonly shards: { readonly wanted: number; readonly listening: number; readonly restarts: number }
  readonly apps: Readonly<Record<'opening' | 'serving' | 'unavailable', number>>
  /** Engines that are served. */
  readonly engines: number
  readonly engineCounters: Readonly<EngineCounters>
  readonly images: Readonly<ImageCounters>
  /** That the apps' port has, by file; until when, in milliseconds since 1970. */
  readonly certificates: readonly { readonly file: string; readonly notAfter: number }[]
  readonly deploys: { readonly served: number; readonly failed: number }
  /** Runs of the clock, by app. */
  readonly scheduled: ReadonlyMap<string, Readonly<CronCounts>>
  /** Those that apps name, as far as the storage says. */
  readonly queues: readonly QueueStatus[]
  /** Undefined: the host belongs to none. */
  readonly fleet: FleetCounts | undefined
  readonly uptimeSeconds: number
}

/** How far the host is in its fleet. */
export interface FleetCounts {
  readonly isWatching: boolean
  readonly last: number
  readonly revision: number
  readonly failed: number
}
