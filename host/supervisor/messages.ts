/** What the main thread and a shard say to each other: what a shard is started with, and the messages in each direction. */

import type { ConnectionLimits } from '../config/connection-limits.ts'
import type { Deployment } from '../deploy/deployment.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import type { ErrorCode } from '../errors.ts'
import type { TenantReport } from '../tenant/report.ts'
import type { TurnReport } from '../tenant/turn-times.ts'

/** What a shard is started with. */
export interface ShardData {
  /** Of all shards that the process ever started; begins the ids of its requests. */
  readonly number: number
  readonly port: number
  readonly host: string
  readonly reusePort: boolean
  /** The first deployment answers whatever the host name. */
  readonly everyHost: boolean
  readonly deployments: readonly Deployment[]
  /** Apps that cannot be served. */
  readonly broken: readonly { readonly name: string; readonly hostname: string }[]
  /** By hash. */
  readonly engines: ReadonlyMap<string, CompiledEngine>
  /** Where the operator asks; closed to the apps. */
  readonly operatorPort?: number
  /** The apps' fetches may reach loopback. */
  readonly dev: boolean
  readonly connectionLimits: ConnectionLimits
  /** Addresses and ranges of proxies that are believed about their clients. */
  readonly trustedProxies: readonly string[]
  /** Where the ticker writes the time for this shard. */
  readonly epoch: WebAssembly.Memory
}

export type ToShard =
  | { type: 'stop'; graceMs: number }
  /** Say what was done so far. */
  | { type: 'count' }
  /** Say that you are there. */
  | { type: 'ping' }

export type FromShard =
  | { type: 'ready'; port: number }
  | { type: 'failed'; code: ErrorCode; text: string }
  | { type: 'log'; entry: LogEntry }
  | { type: 'counted'; report: ShardReport }
  | { type: 'pong' }

/** What the tenants of a shard have done since its start. */
export interface ShardReport {
  readonly tenants: readonly TenantReport[]
  readonly turns: TurnReport
}

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
