/** What the main thread and a shard say to each other: what a shard is started with, and the messages in each direction. */

import type { ConnectionLimits } from '../config/connection-limits.ts'
import type { Change, ServedState } from '../deploy/change.ts'
import type { ErrorCode } from '../errors.ts'
import type { Sampling } from '../telemetry/settings.ts'
import type { SpanRecord } from '../telemetry/tracer.ts'
import type { ShardReport, Slice } from '../tenant/shard-report.ts'

/** What a shard is started with. */
export interface ShardData {
  /** Of all shards that the process ever started; begins the ids of its requests. */
  readonly number: number
  readonly port: number
  readonly host: string
  readonly reusePort: boolean
  /** What it serves, before the first change. */
  readonly served: ServedState
  /** Where the operator asks; closed to the apps. */
  readonly operatorPort?: number
  /** The apps' fetches may reach loopback. */
  readonly allowLoopback: boolean
  readonly connectionLimits: ConnectionLimits
  /** Addresses and ranges of proxies that are believed about their clients. */
  readonly trustedProxies: readonly string[]
  /** Where the ticker writes the time for this shard. */
  readonly epoch: WebAssembly.Memory
  /** Given where requests are traced. */
  readonly sampling?: Sampling | undefined
}

export type ToShard =
  /** In order; each is answered by `applied` with its number. */
  | { type: 'apply'; number: number; change: Change }
  | { type: 'stop'; graceMs: number }
  /** Say what was done so far. */
  | { type: 'count' }
  /** Say that you are there. */
  | { type: 'ping' }

export type FromShard =
  | { type: 'ready'; port: number }
  | { type: 'failed'; code: ErrorCode; text: string }
  | { type: 'log'; entry: LogEntry }
  /** What apps did, in so many slices; when they were asked for, `reported` comes behind the last of them. */
  | { type: 'counted'; slice: Slice }
  | { type: 'reported'; report: ShardReport }
  /** Of traces, over. */
  | { type: 'spans'; spans: readonly SpanRecord[] }
  | { type: 'pong' }
  | { type: 'applied'; number: number; fault?: { code: ErrorCode; text: string } }

/** Something that the operator or an app's developer should read. */
export interface LogEntry {
  /** When it happened, in milliseconds since 1970. */
  readonly time: number
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** The app that it is about; absent when it is about the server. */
  readonly app?: string
  /** The request that it is about; unique in the server's life. */
  readonly request?: string | undefined
  readonly text: string
}

/** What happens now. The clock is read where it happens, for an entry of a busy shard is printed later. */
export function toLogEntry(entry: Omit<LogEntry, 'time'>): LogEntry {
  return { time: Date.now(), ...entry }
}
