/**
 * A run of the clock, brought to a tenant as a request that no client sent: it waits its turn, has a deadline and is
 * refused like one, and its answer is how it ended.
 */

import { performance } from 'node:perf_hooks'

import type { RunOutcome } from '../cron/outcome.ts'
import type { ErrorCode } from '../errors.ts'
import type { Run } from '../http/request-head.ts'
import type { Exchange, ExchangeListener } from './exchange.ts'

/** Takes requests: a tenant, or what stands for one. */
interface Runner {
  handle(exchange: Exchange): ExchangeListener
}

/** The client whose places runs have; no address is called so. */
const CLOCK = 'scheduled'

class ScheduledExchange implements Exchange {
  readonly client = CLOCK
  readonly method = 'GET'
  readonly url = 'scheduled:'
  readonly headers = ''
  readonly hasBody = false
  readonly id: string
  readonly run: Run
  readonly ended = Promise.withResolvers<ErrorCode | undefined>()
  isFinal = false

  constructor(id: string, run: Run) {
    this.id = id
    this.run = run
  }

  noRetry(): void {
    this.isFinal = true
  }

  send(): void {
    this.ended.resolve(undefined)
  }

  /** A guest that answers as to a client has answered. */
  start(): void {
    this.ended.resolve(undefined)
  }

  write(): boolean {
    return true
  }

  finish(): void {
    this.ended.resolve(undefined)
  }

  fail(code: ErrorCode): void {
    this.ended.resolve(code)
  }

  pullBody(): void {}

  cancelBody(): void {}
}

/** `id` names it in the log. Never rejects. */
export async function runScheduled(runner: Runner, id: string, run: Run): Promise<RunOutcome> {
  const since = performance.now()
  const exchange = new ScheduledExchange(id, run)
  const listener = runner.handle(exchange)
  const code = await exchange.ended.promise
  return { code, noRetry: exchange.isFinal, ms: performance.now() - since, cpuMs: listener.cpuMs }
}
