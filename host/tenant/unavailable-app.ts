/**
 * An app that could not be opened, in its place among the others: its requests are refused and counted, and it keeps
 * nobody else from being served.
 */
import { DEFAULT_LIMITS } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { NOBODY, type Exchange, type ExchangeListener } from './exchange.ts'
import { Counts, NO_COUNTERS } from './report.ts'

/** Refuses every request. */
export class UnavailableApp {
  readonly name: string
  readonly limits = DEFAULT_LIMITS
  readonly buffers = new ByteBudget(0)
  readonly version = ''
  readonly counts = new Counts()
  readonly counters = NO_COUNTERS

  constructor(name: string) {
    this.name = name
  }

  handle(exchange: Exchange): ExchangeListener {
    this.refused('APP_UNAVAILABLE')
    exchange.fail('APP_UNAVAILABLE')
    return NOBODY
  }

  refused(code: ErrorCode): void {
    this.counts.failed(code)
  }
}
