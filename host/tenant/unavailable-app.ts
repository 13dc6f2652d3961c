/**
 * An app that could not be opened, in its place among the others: its requests are refused and counted, and it keeps
 * nobody else from being served.
 */
import { DEFAULT_LIMITS } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { toHeaderLines } from '../http/header-lines.ts'
import { NOBODY, type Exchange, type ExchangeListener } from './exchange.ts'
import { Counts, NO_COUNTERS } from './report.ts'

const NOTICE_STATUS = 500
const NOTICE_HEADERS = new TextEncoder().encode(toHeaderLines('content-type', 'text/plain; charset=utf-8'))
/** Of notices that wait for slow clients. */
const NOTICE_BYTES = 16 * 1024 * 1024

/** Refuses every request. `notice`: what its developer is told instead. */
export class UnavailableApp {
  readonly name: string
  readonly version = undefined
  readonly limits = DEFAULT_LIMITS
  readonly versionLabel = ''
  readonly buffers: ByteBudget
  readonly counts = new Counts()
  readonly counters = NO_COUNTERS

  readonly #notice: Uint8Array | undefined

  constructor(name: string, notice?: string) {
    this.name = name
    this.#notice = notice === undefined ? undefined : new TextEncoder().encode(notice)
    this.buffers = new ByteBudget(notice === undefined ? 0 : NOTICE_BYTES)
  }

  handle(exchange: Exchange): ExchangeListener {
    this.refused('APP_UNAVAILABLE')
    if (this.#notice === undefined) exchange.fail('APP_UNAVAILABLE')
    else exchange.send(NOTICE_STATUS, NOTICE_HEADERS, this.#notice)
    return NOBODY
  }

  refused(code: ErrorCode): void {
    this.counts.failed(code)
  }
}
