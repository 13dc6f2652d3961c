/**
 * What one version of an app has done and has at the moment, as a row of numbers: counted in place, posted from thread to
 * thread as it is, and added up column by column. The layout is the same everywhere:
 *
 *     | single numbers | answers by class | times of answers | cold starts | failures by code |
 *       TENANT_COUNTS    ANSWER_CLASSES     a histogram each                ERROR_CODES
 */
import { DATA_COUNTS } from '../bindings/data-counts.ts'
import { ERROR_CODES } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { AROUND_COUNTS } from './around-counts.ts'
import type { AroundCounts } from './around-counts.ts'
import type { TenantCounters } from './tenant.ts'

/** What one number is. */
export interface TenantCount {
  /** `counter`: only ever grows. `gauge`: how things are now, and nothing when the thread is gone. */
  readonly kind: 'counter' | 'gauge'
  readonly help: string
}

/** Every single number of a tenant. */
export const TENANT_COUNTS: Readonly<Record<keyof TenantCounters, TenantCount>> = {
  requests: { kind: 'counter', help: 'Requests that instances took.' },
  turns: { kind: 'counter', help: 'Calls into instances.' },
  crossings: { kind: 'counter', help: 'Calls from instances to the host.' },
  ignored: { kind: 'counter', help: 'Calls from instances that came too late.' },
  subrequests: { kind: 'counter', help: 'Fetches that the app made.' },
  tcpConnections: { kind: 'counter', help: 'TCP connections that the app asked for.' },
  ratesAllowed: { kind: 'counter', help: 'Calls of rate limits that were below their limit.' },
  ratesLimited: { kind: 'counter', help: 'Calls of rate limits that had reached their limit.' },
  ...toCounters(DATA_COUNTS, 'Calls to data, by its kind.'),
  cpuMs: { kind: 'counter', help: 'Processor time of calls into instances.' },
  instances: { kind: 'counter', help: 'Instances made.' },
  evicted: { kind: 'counter', help: 'Instances that rested and made room for those of other apps.' },
  traps: { kind: 'counter', help: 'Instances that crashed or were stopped.' },
  cpuStops: { kind: 'counter', help: 'Instances stopped for their processor time.' },
  memoryStops: { kind: 'counter', help: 'Instances stopped for their memory.' },
  backedOff: { kind: 'counter', help: 'Requests refused after too many stops.' },
  ...(Object.fromEntries(
    Object.entries(AROUND_COUNTS).map(([name, help]) => [name, { kind: 'counter', help }]),
  ) as Record<keyof AroundCounts, TenantCount>),
  handOvers: { kind: 'counter', help: "Requests handed over to the app's home, another shard." },
  spreads: { kind: 'counter', help: 'Times that the app spread to a shard that is not its home.' },
  liveInstances: { kind: 'gauge', help: 'Instances alive.' },
  openRequests: { kind: 'gauge', help: 'Requests without a complete response.' },
  queuedRequests: { kind: 'gauge', help: 'Requests that wait for a place.' },
  memoryBytes: { kind: 'gauge', help: 'Linear memory of the live instances.' },
  openTcpConnections: { kind: 'gauge', help: 'TCP connections that are open or being made.' },
  openWebSockets: { kind: 'gauge', help: 'WebSockets that the app has.' },
  webSocketMessages: { kind: 'counter', help: 'Messages of WebSockets that the app was given.' },
  webSocketMessagesSent: { kind: 'counter', help: 'Messages of WebSockets that the app sent.' },
  heldBytes: { kind: 'gauge', help: 'Bytes that the host holds for slow clients and upstreams.' },
}

function toCounters<Name extends string>(names: readonly Name[], help: string): Record<Name, TenantCount> {
  return Object.fromEntries(names.map((name) => [name, { kind: 'counter', help }])) as Record<
    Name,
    TenantCount
  >
}

const KEYS = Object.keys(TENANT_COUNTS) as readonly (keyof TenantCounters)[]

/** Nothing was done. */
export const NO_COUNTERS = Object.fromEntries(KEYS.map((key) => [key, 0])) as unknown as TenantCounters

/** By the first digit of the status that the client got; `none`: it left before there was any. */
export const ANSWER_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Bounds of buckets in milliseconds, ascending. */
export const ANSWER_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const
export const COLD_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 1000] as const

/** Where a histogram has its columns: a bucket for each bound, one for what is longer, the sum in milliseconds. */
export interface HistogramColumns {
  readonly at: number
  readonly boundsMs: readonly number[]
}

const ANSWERS_AT = KEYS.length
export const ANSWER_TIMES: HistogramColumns = {
  at: ANSWERS_AT + ANSWER_CLASSES.length,
  boundsMs: ANSWER_BOUNDS_MS,
}
export const COLD_STARTS: HistogramColumns = { at: toEnd(ANSWER_TIMES), boundsMs: COLD_BOUNDS_MS }
const FAILURES_AT = toEnd(COLD_STARTS)

/** Numbers of a row. */
export const ROW_LENGTH = FAILURES_AT + ERROR_CODES.length

/** Columns that say how things are now. */
const GAUGES = KEYS.flatMap((key, at) => (TENANT_COUNTS[key].kind === 'gauge' ? [at] : []))

export const toColumn = {
  count: (key: keyof TenantCounters): number => KEYS.indexOf(key),
  answers: (name: (typeof ANSWER_CLASSES)[number]): number => ANSWERS_AT + ANSWER_CLASSES.indexOf(name),
  failures: (code: ErrorCode): number => FAILURES_AT + CODE_INDEX[code],
}

const CODE_INDEX = Object.fromEntries(ERROR_CODES.map((code, i) => [code, i])) as Record<ErrorCode, number>

function toEnd({ at, boundsMs }: HistogramColumns): number {
  return at + boundsMs.length + 2
}

/** Counts of one version on one shard. Nothing is allocated for what is counted. */
export class Counts {
  readonly row = new Float64Array(ROW_LENGTH)
  /** Something begins to be counted that was not since `rest`. */
  onTouch: () => void = () => {}
  #isTouched = false

  touch(): void {
    if (this.#isTouched) return
    this.#isTouched = true
    this.onTouch()
  }

  /** The next thing that is counted is told. */
  rest(): void {
    this.#isTouched = false
  }

  /** A client got the head of an answer with this status after so many milliseconds; 0: it left before. */
  answered(status: number, ms: number): void {
    this.touch()
    const { row } = this
    row[ANSWERS_AT + Math.trunc(status / 100)]!++
    if (status > 0) record(row, ANSWER_TIMES, ms)
  }

  /** From the request that found no instance to the end of the instance's first turn. */
  coldStarted(ms: number): void {
    record(this.row, COLD_STARTS, ms)
  }

  failed(code: ErrorCode): void {
    this.touch()
    this.row[toColumn.failures(code)]!++
  }

  /** How often it has failed so. */
  failuresOf(code: ErrorCode): number {
    return this.row[toColumn.failures(code)]!
  }

  /** The row, with these single numbers. */
  fill(counters: Readonly<TenantCounters>): Float64Array {
    for (let i = 0; i < KEYS.length; i++) this.row[i] = counters[KEYS[i]!]
    return this.row
  }
}

function record(row: Float64Array, { at, boundsMs }: HistogramColumns, ms: number): void {
  let i = 0
  while (i < boundsMs.length && ms > boundsMs[i]!) i++
  row[at + i]!++
  row[at + boundsMs.length + 1]! += ms
}

/** Nothing goes on of which the row tells: it stays as it is until something comes. */
export function isAtRest(row: Float64Array): boolean {
  return GAUGES.every((at) => row[at] === 0)
}

/** Add `row` to `sum`. */
export function addRow(sum: Float64Array, row: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += row[i]!
}

/** `row`, which is a part of `sum`, is `next` from here on. What has grown in the row never falls in the sum. */
export function updateRow(sum: Float64Array, row: Float64Array, next: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += next[i]! - row[i]!
  row.set(next)
}

/** What is left of a row when the thread that it tells of is gone. */
export function clearGauges(row: Float64Array): void {
  for (const at of GAUGES) row[at] = 0
}

/** Tells a version from the app's others. `version`: its number, of an app that was deployed. */
export function toVersionLabel({ id, version }: { id: number; version?: number | undefined }): string {
  return String(version ?? id)
}

/** One app on one shard, or on all of them together, as an object. */
export interface TenantReport {
  readonly name: string
  readonly counters: Readonly<TenantCounters>
  /** Failed requests by what the client was told. */
  readonly failures: readonly (readonly [code: ErrorCode, count: number])[]
  readonly answers: AnswerCounts
}

/** Answers that clients got. */
export interface AnswerCounts {
  readonly total: number
  /** With a status of 5xx. */
  readonly failed: number
  /** By how long they took; last, those that took longer than every bound. */
  readonly counts: readonly number[]
}

export const NO_ANSWERS: AnswerCounts = {
  total: 0,
  failed: 0,
  counts: ANSWER_BOUNDS_MS.map(() => 0).concat(0),
}

export function toReport(name: string, row: Float64Array): TenantReport {
  const counters = Object.fromEntries(KEYS.map((key, i) => [key, row[i]]))
  return {
    name,
    counters: counters as unknown as TenantCounters,
    failures: toFailures(row),
    answers: toAnswers(row),
  }
}

function toAnswers(row: Float64Array): AnswerCounts {
  const { at, boundsMs } = ANSWER_TIMES
  const counts = [...row.subarray(at, at + boundsMs.length + 1)]
  return {
    total: counts.reduce((sum, count) => sum + count, 0),
    failed: row[toColumn.answers('5xx')]!,
    counts,
  }
}

export function toFailures(row: Float64Array): [ErrorCode, number][] {
  return ERROR_CODES.flatMap((code, i) => {
    const count = row[FAILURES_AT + i]!
    return count > 0 ? [[code, count]] : []
  })
}
