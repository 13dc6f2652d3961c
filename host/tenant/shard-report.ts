/** What a shard tells the main thread about what it does, in forms that can be posted: types only. */
import type { TurnReport } from './turn-times.ts'

/** Whose row it is. */
export interface RowHead {
  /** Tells it from others of the shard. */
  readonly row: number
  readonly app: string
  readonly version: string
}

/** Rows as they are now. */
export interface Slice {
  /** Of rows that are told for the first time. */
  readonly heads: readonly RowHead[]
  readonly rows: Int32Array<ArrayBuffer>
  /** One row after the other. */
  readonly values: Float64Array<ArrayBuffer>
  /** They are told for the last time. */
  readonly isLast: boolean
}

/** One version on all shards. */
export interface VersionCounts {
  readonly app: string
  readonly version: string
  /** See report.ts. */
  readonly row: Readonly<Float64Array>
}

/** Answers of a shard, whoever gave them. */
export interface AnswerReport {
  /** Of answers of apps, to the end of the head. */
  readonly minMs: number
  readonly maxMs: number
  /** Requests that were no app's: an unknown host name, or malformed. */
  readonly unrouted: number
}

/** How late a shard's event loop came to what was due lately, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** What a shard has done since its start, all apps together. */
export interface ShardReport {
  readonly turns: TurnReport
  readonly answers: AnswerReport
  readonly delay: LoopDelay
  /** To other hosts of the fleet; undefined: it calls none. */
  readonly links?: number
}
