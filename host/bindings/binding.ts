/**
 * What all bindings have in common.
 *
 *     guest calls an import  >  the binding records it and returns  >  the turn ends  >  flush() acts
 *
 * An import never acts by itself: a stack overflow of the guest can strike inside it, and nothing that it sets off may
 * come back to the guest within the turn. Whatever a guest passes is data: what names an unknown id is counted and
 * ignored.
 */
import type { Event } from '../../wit/worlds.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { JobLine } from '../limits/job-pool.ts'
import type { ObjectStorage } from '../storage/durable/object-storage.ts'
import type { BucketLimits } from '../storage/objects/object-store.ts'
import type { SendLimits } from '../storage/queue/queue-store.ts'
import type { CallAnswers } from './calls.ts'
import type { ConsolePort } from './console.ts'
import { DATA_COUNTS, NO_DATA, type DataCounts } from './data-counts.ts'
import type { DataBinding } from './data.ts'
import type { Dialer } from './dialer.ts'
import type { DurableServices } from './durable.ts'
import type { FetchCacheServices } from './fetch-cache.ts'
import type { HibernationServices } from './hibernation.ts'
import type { Side } from '../web-socket/line.ts'
import type { Env } from '../config/env.ts'
import type { RateTables, ShareRates } from './rate-limit.ts'
import type { RunAnswers } from './scheduled.ts'
import type { WebSocketServices } from './web-sockets.ts'

/** What the host tells the guest: the `event` variant of wit/events.wit. */
export type GuestEvent = Event

/** Where events for the guest go; they are delivered in a later turn, in this order. */
export interface Mailbox {
  /** `request`: whose account pays for what the event sets off; 0 when that is nobody's in particular. */
  post(event: GuestEvent, request: number): void
}

/** What an instance has done so far; the bindings count the crossings. */
export interface Meter extends DataCounts {
  /** Calls into the guest. */
  turns: number
  /** Calls of imports. */
  crossings: number
  requests: number
  /** Crossings that named nothing known or came too late. */
  ignored: number
  /** Fetches that the app made. */
  subrequests: number
  /** TCP connections that the app asked for. */
  tcpConnections: number
  /** Messages of WebSockets: what came, and what the app sent. */
  webSocketMessages: number
  webSocketMessagesSent: number
  /** Calls of rate limits, by what they gave. */
  ratesAllowed: number
  ratesLimited: number
  /** Processor time of the calls into the guest. */
  cpuMs: number
}

/** Nothing yet. */
export const NO_METER: Meter = {
  ...NO_DATA,
  turns: 0,
  crossings: 0,
  requests: 0,
  ignored: 0,
  subrequests: 0,
  tcpConnections: 0,
  webSocketMessages: 0,
  webSocketMessagesSent: 0,
  ratesAllowed: 0,
  ratesLimited: 0,
  cpuMs: 0,
}

/** Add `meter` to `sum`. */
export function addMeter(sum: Meter, meter: Meter): void {
  sum.turns += meter.turns
  sum.crossings += meter.crossings
  sum.requests += meter.requests
  sum.ignored += meter.ignored
  sum.subrequests += meter.subrequests
  sum.tcpConnections += meter.tcpConnections
  sum.webSocketMessages += meter.webSocketMessages
  sum.webSocketMessagesSent += meter.webSocketMessagesSent
  sum.ratesAllowed += meter.ratesAllowed
  sum.ratesLimited += meter.ratesLimited
  sum.cpuMs += meter.cpuMs
  for (const name of DATA_COUNTS) sum[name] += meter[name]
}

/** The host half of one WIT interface, for one instance. */
export interface Binding extends Disposable {
  /** The functions that the guest calls. */
  readonly imports: object
  /** Act on what the guest asked for in the turn that just ended. */
  flush(): void
  /** Whether something here is under way that is going to bring the guest an event. */
  isPending(): boolean
  /** An event of this interface goes to the guest now. */
  delivered?(event: GuestEvent): void
  /** The account of this request is closed. */
  closed?(request: number): void
  /** Nobody is there to work for until `wake`. */
  rest?(): void
  wake?(): void
  /** No further requests come: what would go on for ever ends. */
  retire?(): void
}

/**
 * What a binding may take from its instance. Each file of an interface exports `bind`, which makes the binding of it;
 * `registry.ts` has all of them.
 */
export interface BindingContext {
  readonly mailbox: Mailbox
  readonly meter: Meter
  /** Who pays. */
  readonly accounts: Accounts
  /** What the host may hold for the tenant. */
  readonly buffers: ByteBudget
  readonly dialer: Dialer
  /** Where answers to fetches are kept. */
  readonly fetchCache: FetchCacheServices
  /** Where calls to data go on. */
  readonly data: DataBinding
  /** Of the Durable Object that the instance is; undefined: it is none. */
  readonly objectStorage: ObjectStorage | undefined
  /** What each bucket may hold. */
  readonly bucketLimits: BucketLimits
  /** What a call to an SQL database may take, and how large the database may be. */
  readonly sql: { readonly timeMs: number; readonly maxBytes: number }
  /** What its rate limits are counted in. */
  readonly rates: { readonly env: Env; readonly tables: RateTables; readonly share?: ShareRates | undefined }
  /** Work off the shard's thread. */
  readonly jobs: JobLine
  readonly console: ConsolePort
  /** Fetches that may wait for their answer's head at once. */
  readonly maxDialing: number
  /** What queues may hold of what is sent. */
  readonly queueLimits: SendLimits
  /** MiB that a KV namespace may take up. */
  readonly kvMb: number
  /** Milliseconds of processor time that a request has at once. */
  readonly cpuMs: number
  /** When the turn began, in milliseconds of `performance.now()`. */
  readonly turnStart: () => number
  /** The egress policy refused a fetch or a connection. */
  onDenied(text?: string): void
  /** How many WebSockets there may be, and what may wait in one. */
  readonly webSockets: Pick<WebSocketServices, 'places' | 'mostUnsent' | 'kept'>
  /** Those that a Durable Object keeps. */
  readonly hibernation: Omit<HibernationServices, 'meter'>
  /** The WebSocket that goes to a client with the answer to this request; undefined: there is none with this id. */
  readonly leave: (id: number, request: number) => Side | undefined
  /** A WebSocket comes to the app, for this request; undefined: it has as many as it may. */
  readonly adopt: (side: Side, request: number) => number | undefined
  /** How runs of the clock are answered. */
  readonly runs: RunAnswers
  /** Ids of Durable Objects, and what one asks for itself. */
  readonly durable: DurableServices
  /** How calls of apps are answered. */
  readonly calls: CallAnswers
  /** A response has got all that it will get. */
  readonly onResponseDone: (id: number) => void
}
