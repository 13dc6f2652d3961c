/**
 * The trace of one request that is sampled, as those who work for it see it: types only. Where nothing is traced, and of
 * a request that is not sampled, there is none.
 */

import type { TraceContext } from './trace-context.ts'

/** What a part of a request's time went into. */
export type SpanName = 'queue' | 'cold start' | 'turn' | 'fetch' | 'connect'

export type SpanAttributes = Readonly<Record<string, string | number>>

export interface RequestTrace {
  /** Of the request's own span: what the app and its fetches get as `traceparent`. */
  readonly context: TraceContext
  /** A part that is over. Moments are milliseconds of `performance.now()`. */
  span(name: SpanName, from: number, to: number, attributes?: SpanAttributes): void
  /** The request is over; 0: without any status. Called once. */
  end(status: number, attributes: SpanAttributes): void
}
