/** What the files of the ingress share and what they need of a tenant: types only. */

import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { RequestRecord } from '../log/request-facts.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import type { Tracer } from '../telemetry/tracer.ts'
import type { Counts } from '../tenant/report.ts'
import type { AnswerCounts } from './answer-counts.ts'
import type { IdleWatch } from './idle-watch.ts'
import type { Upgrades } from './upgrades.ts'

/** What all requests of one server share. */
export interface IngressState {
  /** The server drains: each answer ends its connection. */
  isDraining: boolean
  readonly idle: IdleWatch
  readonly answers: AnswerCounts
  readonly upgrades: Upgrades
  /** Given where requests are traced. */
  readonly tracer?: Tracer | undefined
  /** Hears of each request when it is over; undefined: nobody asks. */
  onRequest: ((record: RequestRecord) => void) | undefined
}

/** A tenant, as the ingress knows it. */
export interface RoutedTenant {
  readonly name: string
  /** Of an app that was deployed. */
  readonly version: number | undefined
  /** Tells its version from the app's others, to those who watch. */
  readonly versionLabel: string
  readonly limits: Limits
  readonly buffers: ByteBudget
  readonly counts: Counts
  /** Take a request; the listener hears what happens to it from here on. */
  handle(exchange: Exchange): ExchangeListener
  /** The ingress refused a request, or sent something else than the app's answer: to be counted and logged. */
  refused(code: ErrorCode, request: string, text: string): void
}
