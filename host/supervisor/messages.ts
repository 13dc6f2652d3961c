/** What the main thread and a shard say to each other: what a shard is started with, and the messages in each direction. */

import type { MessagePort } from 'node:worker_threads'

import type { FleetSettings } from '../config/fleet-settings.ts'
import type { ConnectionLimits } from '../config/connection-limits.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import type { Change, ServedState } from '../deploy/change.ts'
import type { LeaseMessage } from '../durable/lease-client.ts'
import type { Joined } from '../fleet/founding.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { ErrorCode } from '../errors.ts'
import type { Run } from '../http/request-head.ts'
import type { SharedEpoch } from '../limits/epoch.ts'
import type { LogEntry } from '../log/entry.ts'
import type { RecordBatch } from '../log/request-log.ts'
import type { ContentAnswer } from '../tenant/content-slot.ts'
import type { Sampling } from '../telemetry/settings.ts'
import type { SpanRecord } from '../telemetry/tracer.ts'
import type { ShardReport, Slice } from '../tenant/shard-report.ts'
import type { TlsState } from '../tls/contexts.ts'

/** What a shard is told of the configuration, and told again when it changes. */
export interface ShardSettings {
  readonly connectionLimits: ConnectionLimits
  /** Given: connections are encrypted, those that begin from now on with this. */
  readonly tls?: TlsState | undefined
  /** Addresses and ranges of proxies that are believed about their clients. */
  readonly trustedProxies: readonly string[]
  /** Beyond so many those go that rest. */
  readonly liveInstances: number
  /** The same beyond so many MiB of their memory. */
  readonly liveMemoryMb: number
  /** Say what is known of each request when it is over. */
  readonly logsRequests: boolean
  /** Undefined: what the fleet has agreed on is not known yet. */
  readonly durable: DurableSettings | undefined
}

/** What a shard has to know of Durable Objects; without `place` there is this host alone. */
export type DurableSettings = Pick<Joined, 'secret'> & Partial<Joined>

/** What a shard is started with. */
export interface ShardData extends ShardSettings {
  /** Of all shards that the process ever started; begins the ids of its requests (http/request-id.ts). */
  readonly number: number
  /** Its place among so many, which its successor has after it. */
  readonly place: number
  readonly places: number
  readonly port: number
  readonly host: string
  readonly reusePort: boolean
  /** Given: the descriptor of a socket to listen on, in place of host and port. */
  readonly inherited?: number | undefined
  /** What it serves, before the first change. */
  readonly served: ServedState
  /** Where the operator asks; closed to the apps. */
  readonly operatorPort?: number
  /** The apps' fetches may reach loopback. */
  readonly allowLoopback: boolean
  /** Apps are being developed: whoever asks may have their scheduled handlers called. */
  readonly isDevelopment?: boolean | undefined
  /** The fleet that the host belongs to; undefined: to none. */
  readonly fleet?: FleetSettings | undefined
  /** Where the ticker writes the time for this shard. */
  readonly epoch: SharedEpoch
  /** Given where requests are traced. */
  readonly sampling?: Sampling | undefined
}

/** What may change while a shard serves. */
export type ShardChange = Change | { readonly type: 'configure'; readonly settings: ShardSettings }

export type ToShard =
  /** In order; each is answered by `applied` with its number. */
  | { type: 'apply'; number: number; change: ShardChange }
  /** It has the lease of a Durable Object that it claimed; somebody else wants one that it has. */
  | { type: 'granted'; key: string; number: number }
  | { type: 'wanted'; key: string }
  /** Have a version, or an object of it, do what no client asks for; answered by `ran` with the number. */
  | { type: 'run'; number: number; deployment: number; run: Run; object: ObjectFacts | undefined }
  | { type: 'stop'; graceMs: number }
  /** Say what was done so far. */
  | { type: 'count' }
  /** The last records of requests have been taken. */
  | { type: 'taken' }
  /** What a deployment is made of. */
  | { type: 'content'; deployment: number; answer: ContentAnswer }
  /** A port to the storage thread of this kind, which it asked for. */
  | { type: 'storage'; kind: string; port: MessagePort }
  /** Another shard takes requests, through this port. */
  | { type: 'peer'; place: number; port: MessagePort }
  /** The shard in this place is not there, and nobody waits for it any more. */
  | { type: 'lost'; place: number }
  /** Say that you are there. */
  | { type: 'ping' }

export type FromShard =
  | { type: 'ready'; port: number }
  /** One has set its alarm. */
  | { type: 'alarm'; time: number }
  /** A lease of a Durable Object (host/durable/leases.ts). */
  | LeaseMessage
  | { type: 'failed'; code: ErrorCode; text: string }
  | { type: 'log'; entry: LogEntry }
  /** Requests that are over; answered by `taken`. */
  | { type: 'requests'; batch: RecordBatch }
  /** What apps did, in so many slices; when they were asked for, `reported` comes behind the last of them. */
  | { type: 'counted'; slice: Slice }
  | { type: 'reported'; report: ShardReport }
  /** It has calls for the storage thread of this kind; answered by `storage`. */
  | { type: 'storage'; kind: string }
  /** Of traces, over. */
  | { type: 'spans'; spans: readonly SpanRecord[] }
  | { type: 'ran'; number: number; outcome: RunOutcome }
  /** Say what a deployment is made of; answered by `content`. */
  | { type: 'load'; deployment: number }
  | { type: 'pong' }
  | { type: 'applied'; number: number; fault?: { code: ErrorCode; text: string } }
