/**
 * W3C Trace Context: which trace a request belongs to, as its `traceparent` says.
 *
 *     00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *     |  trace id                         span id          flags: 01 sampled
 *     version
 *
 * A value that breaks a rule is none, and a new trace begins (section 3.2.2.3). Of a later version the four fields that
 * this one knows are taken (section 4). https://www.w3.org/TR/trace-context/
 */

import { randomUUID } from 'node:crypto'

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all of them zero. */
  readonly traceId: string
  /** Of the span that speaks: 16 lower-case hexadecimal digits, not all of them zero. */
  readonly spanId: string
  /** Whether the caller keeps its part of the trace. */
  readonly isSampled: boolean
}

const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/v
const SAMPLED = 0x01

/** What a `traceparent` says; undefined when it is not well formed. */
export function parseTraceparent(value: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(value) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 }
}

/** The `traceparent` of a request that the span of `context` makes. */
export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

/** The first span of a new trace. */
export function newTrace(isSampled: boolean): TraceContext {
  return { traceId: randomUUID().replaceAll('-', ''), spanId: newSpanId(), isSampled }
}

/** Another span of the same trace. */
export function childSpan({ traceId, isSampled }: TraceContext): TraceContext {
  return { traceId, spanId: newSpanId(), isSampled }
}

/** The second half of a random UUID: two of its bits are fixed, so that it is never zero. */
function newSpanId(): string {
  const uuid = randomUUID()
  return uuid.slice(19, 23) + uuid.slice(24)
}
