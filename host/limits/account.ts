/**
 * What one source of an instance's events may use up: a request, or the app itself for what no request can be named for.
 *
 *     open  --response complete, client gone-->  background  --nothing holds it, or its time is over-->  closed
 */
import type { RequestHead } from '../http/request-head.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import { CpuBudget } from './cpu-budget.ts'
import type { Deadline } from './deadlines.ts'

/** The source of what belongs to no request: the app itself. */
export const APP = 0

/** The processor time of one request, for whoever wants to know it when the account is gone. */
export interface CpuMeter {
  /** Milliseconds. */
  cpuMs: number
}

/** What an account has of the processor's time, in milliseconds. */
export interface CpuShare {
  /** At once. */
  readonly cpuMs: number
  /** In one turn. */
  readonly turnMs: number
}

/** The request that an account is opened for. */
export type AccountSubject = Pick<RequestHead, 'id' | 'client' | 'headers' | 'run' | 'call' | 'trace'>

/**
 * - open: its request has no complete response.
 * - background: it has; `waitUntil` holds the account, or it leaves with the next sweep, if it is not the last one of an app
 *   that is busy.
 * - closed: whoever still has it pays nothing with it.
 */
type AccountState = 'open' | 'background' | 'closed'

/** Things of one kind that it pays for. */
export class Count {
  made = 0
  /** More were asked for than may be made; it was said. */
  isOverdrawn = false
}

/** One source. */
export class Account {
  readonly number: number
  /** The request's id. */
  readonly name: string
  readonly client: string
  /** How many calls of apps led to the request. */
  readonly depth: number
  readonly budget: CpuBudget
  /** The longest turn that it pays for alone, in milliseconds. */
  readonly turnMs: number
  /** Of the request, if it is traced. */
  trace: RequestTrace | undefined
  readonly meter: CpuMeter
  /** The request's; empty when the account is closed: whoever still has it keeps no more of it. */
  headers: string
  state: AccountState = 'open'
  /** By `waitUntil`, before the response is complete or after it. */
  isHeld = false
  /** Calls of it have taken more than it had. */
  isOver = false
  /** It is looked at in the next sweep. */
  isLeaving = false
  readonly fetches = new Count()
  readonly dataCalls = new Count()
  /** More than there might be; it was said. */
  wantedConnections = false
  /** Of the background; begins at most once. */
  deadline: Deadline | undefined

  constructor(
    number: number,
    { id, headers, client, trace, call }: AccountSubject,
    { cpuMs, turnMs }: CpuShare,
    meter: CpuMeter,
  ) {
    this.number = number
    this.name = id
    this.headers = headers
    this.client = client
    this.depth = call?.depth ?? 0
    this.budget = new CpuBudget(cpuMs)
    this.turnMs = turnMs
    this.trace = trace
    this.meter = meter
  }

  /** It has all that it had at first. */
  renew(): void {
    this.budget.fill()
    this.isOver = false
    for (const count of [this.fetches, this.dataCalls]) {
      count.made = 0
      count.isOverdrawn = false
    }
  }
}
