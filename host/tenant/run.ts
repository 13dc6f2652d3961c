/**
 * What no client sent, such as a run of the clock or messages of a queue, brought to a tenant as a request: it waits its turn, has a
 * deadline and is refused like one, and its answer is how it ended.
 */

import { performance } from 'node:perf_hooks'

import type { Mark, RunOutcome } from '../cron/outcome.ts'
import type { ErrorCode } from '../errors.ts'
import type { Run } from '../http/request-head.ts'
import { Holding } from '../limits/byte-budget.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { Marks } from './marks.ts'
import type { Exchange, ExchangeListener } from './exchange.ts'

/** What comes of one that nobody has begun, but for the code. */
export const NOT_BEGUN: Omit<RunOutcome, 'code'> = { noRetry: false, ms: 0, cpuMs: 0, marks: [] }

/** Of a run for a version that is not there. */
export const ABSENT: RunOutcome = { ...NOT_BEGUN, code: 'APP_UNAVAILABLE' }

/** Of one for an object that this host may not have. */
export const UNREACHABLE: RunOutcome = { ...NOT_BEGUN, code: 'OBJECT_UNREACHABLE' }

/** Takes requests: a tenant, or what stands for one. */
interface Runner {
  /** What the host holds for it; undefined: it holds nothing. */
  readonly buffers?: ByteBudget
  handle(exchange: Exchange): ExchangeListener
}

export interface RunOptions {
  /** Whose places it has. */
  readonly client?: string
  readonly onBegun?: () => void
}

export class RunExchange implements Exchange {
  /** The client whose places such runs have; unless one is given no address is called so. */
  readonly client: string
  readonly method = 'GET'
  readonly url: string
  readonly headers = ''
  readonly hasBody = false
  readonly id: string
  readonly run: Run
  readonly ended = Promise.withResolvers<ErrorCode | undefined>()
  readonly marks: Marks
  isFinal = false
  retryMs: number | undefined
  readonly #onBegun: (() => void) | undefined

  constructor(id: string, run: Run, { client, onBegun }: RunOptions = {}) {
    this.id = id
    this.run = run
    const kind = 'batch' in run ? 'queue' : 'scheduled'
    this.client = client ?? kind
    this.url = 'kept' in run ? 'web-socket:' : `${kind}:`
    this.#onBegun = onBegun
    this.marks = new Marks('batch' in run ? run.batch.messages.length : 0)
  }

  begun(): void {
    this.#onBegun?.()
  }

  noRetry(): void {
    this.isFinal = true
  }

  settle(mark: Mark): void {
    this.marks.add(mark)
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

  fail(code: ErrorCode, retryMs?: number): void {
    this.retryMs = retryMs
    this.ended.resolve(code)
  }

  pullBody(): void {}

  cancelBody(): void {}
}

/** `id` names it in the log. Never rejects. */
export async function bringRun(runner: Runner, id: string, run: Run): Promise<RunOutcome> {
  const since = performance.now()
  const exchange = new RunExchange(id, run)
  const holding = runner.buffers && new Holding(runner.buffers)
  if (holding?.set(toBytes(run)) === false) return { ...NOT_BEGUN, code: 'APP_BUFFER_LIMIT' }
  const listener = runner.handle(exchange)
  const code = await exchange.ended.promise
  holding?.release()
  const { isFinal: noRetry, marks, retryMs } = exchange
  return { code, retryMs, noRetry, ms: performance.now() - since, cpuMs: listener.cpuMs, marks: marks.all }
}

/** What it takes up until it is over. */
function toBytes(run: Run): number {
  return 'batch' in run ? run.batch.messages.reduce((sum, { body }) => sum + body.length, 0) : 0
}
