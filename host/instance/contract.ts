/**
 * What an instance is made of, what it is given and what it tells: types only.
 */
import type { RateTables, ShareRates } from '../bindings/rate-limit.ts'
import type { BodyPort } from '../bindings/request-body.ts'
import type { ConsolePort } from '../bindings/console.ts'
import type { KeptSockets } from '../bindings/hibernation.ts'
import type { Dialer } from '../bindings/dialer.ts'
import type { ResponsePort } from '../bindings/response.ts'
import type { DurableIds } from '../bindings/durable-id.ts'
import type { Callee, Env } from '../config/env.ts'
import type { Limits } from '../config/limits.ts'
import type { Mark } from '../cron/outcome.ts'
import type { Engine } from '../engine/guest.ts'
import type { Order } from '../engine/order.ts'
import type { ErrorCode } from '../errors.ts'
import type { Image } from '../image/image.ts'
import type { CpuMeter } from '../limits/account.ts'
import type { AccountLimit } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { ClientPlaces } from '../limits/client-places.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { CpuClock } from '../limits/cpu-clock.ts'
import type { JobLine } from '../limits/job-pool.ts'
import type { Storage } from '../storage/client.ts'
import type { ObjectStorage } from '../storage/durable/object-storage.ts'
import type { LineEnd } from '../web-socket/line.ts'

/** What an instance is made of. */
export interface InstanceParts {
  readonly engine: Engine
  readonly image: Image
  /** A memory that holds the image; undefined: it is made with the instance. */
  readonly order?: Order | undefined
  readonly env: Env
  readonly limits: Limits
  /** The Durable Object that it is; undefined: it is none. */
  readonly object?: ObjectFacts | undefined
  /** What its rate limits are counted in; undefined: it has none. */
  readonly rateTables?: RateTables | undefined
}

/** What a Durable Object is told of itself. */
export interface ObjectFacts {
  readonly className: string
  readonly id: string
  /** What its id was made of; undefined: of nothing, or nobody said so. */
  readonly name?: string | undefined
}

/**
 * The request context: an instance's view of one request, and its way back. What the request asks for comes beside it, as
 * a `RequestHead`; on the other side stands the tenant's view of it (tenant/open-request.ts).
 */
export interface RequestContext extends ResponsePort, BodyPort, CpuMeter {
  /** The app asks that a run of the clock is not tried again. */
  noRetry?(): void
  /** The app says what becomes of messages of a queue. */
  settle?(mark: Mark): void
  /** What the app threw at whoever calls it. */
  callThrew?(error: string): void
  /** The guest will not answer. */
  fail(code: ErrorCode): void
  /** The guest fell in a turn with this request among others. It has done nothing about it, and another one may. */
  again(code: ErrorCode): void
}

/** The end of an instance. */
export interface Death {
  /** What its open requests get. */
  readonly code: ErrorCode
  /** What ended it; undefined when it was to end. */
  readonly trap: unknown
  /** How long its last turn ran, in milliseconds; one that was stopped: how long it may. */
  readonly ranMs: number
  /** On whose behalf it ran, if that was one client's. */
  readonly client: string | undefined
  /** Requests whose response, or what goes on after it, was not done. */
  readonly unfinished: number
}

/** WebSockets that are an object's and not its instance's. */
export interface ObjectKept extends KeptSockets {
  /** The instance is over, and had nothing to do. */
  leave(): void
  /** It has fallen, or is to end: so are they. */
  end(end: LineEnd): void
}

/** What an instance tells its tenant. */
export interface InstanceHost extends ConsolePort {
  readonly dialer: Dialer
  /** The shard's. */
  readonly storage: Storage
  /** What the Durable Object keeps that the instance is; the instance ends it. */
  readonly objectStorage?: ObjectStorage | undefined
  /** The WebSockets that it keeps. */
  readonly kept?: ObjectKept | undefined
  /** The shard's. */
  readonly epoch: Epoch
  /** What the host may hold for the tenant. */
  readonly buffers: ByteBudget
  /** WebSockets that the tenant may have. */
  readonly webSocketPlaces: ClientPlaces
  /** The shard's; begun by whoever calls `Instance.run`. */
  readonly clock: CpuClock
  /** Ids of the Durable Objects of a class; undefined: there is no such class. */
  readonly idsOf?: ((callee: Callee) => DurableIds | undefined) | undefined
  /** Has rate limits count for other hosts, too. */
  readonly shareRates?: ShareRates | undefined
  /** Where the tenant has work done off the shard's thread. */
  readonly jobs: JobLine
  /** There is something to do: `Instance.run` is to be called, not at once. May be called many times. */
  onReady(): void
  /** A limit of the request with this id was reached that ends no response. */
  onLimit(code: AccountLimit, request: string): void
  /** The egress policy refused a fetch. */
  onDenied(text?: string): void
  /** It has nothing to do until the next request. */
  onResting?(): void
  /** No further requests: a fresh instance is to take them. Called at most once. */
  onRetiring(): void
  /** It is over. Called once. */
  onDead(death: Death): void
  /** Milliseconds that the guest and the crossings of one turn took. */
  onTurn?: ((milliseconds: number, events: number) => void) | undefined
}

/**
 * The states of an instance; turn.ts has the ways between them.
 *
 * - fresh: no turn yet; the guest's memory is the image.
 * - live: takes requests.
 * - resting: no request is open and no background work goes on; nothing wakes it but a request.
 * - retiring: takes no more requests; ends when its responses and its background work are done, and at its deadline at the
 *   latest, which may be brought forward.
 * - dead: is never entered again and owes nobody anything; it has no timer, no socket and nothing of its memory.
 */
export type InstanceState = 'fresh' | 'live' | 'resting' | 'retiring' | 'dead'
