/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a request belongs to, and what goes with an app's
 * fetches, so that whoever is asked knows on behalf of which request.
 *
 *     00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *     |  trace id                         span id          flags: 01 sampled
 *     version
 *
 * A value that breaks a rule is none (section 3.2.2.3). Of a later version the four fields that this one knows are taken
 * (section 4).
 *
 * A request that is traced has its own span as `traceparent` (telemetry/tracer.ts), and so have its fetches. Of another one
 * the `traceparent` that came from a trusted proxy goes on as it is, with its `tracestate`, as of anybody who takes no part
 * (section 4.3); where there is none, one is made of the request's id. An app that gives a fetch a `traceparent` takes part
 * itself, and its word stands.
 */

import { createHash, randomUUID } from 'node:crypto'

import { parseHeaderLines, toOnlyValue, toValues } from './header-lines.ts'

/** In lower case. */
export const TRACEPARENT = 'traceparent'
export const TRACESTATE = 'tracestate'

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all of them zero. */
  readonly traceId: string
  /** Of the span that speaks: 16 lower-case hexadecimal digits, not all of them zero. */
  readonly spanId: string
  /** Whether the caller keeps its part of the trace. */
  readonly isSampled: boolean
}

const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/v
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/v
const TRACE_DIGITS = 32
const VERSION = '00'
const SAMPLED = 0x01
/** A longer state is dropped (3.3.1.5). */
const STATE_CHARS = 512

/** What a `traceparent` says; undefined when it is not well formed. */
export function parseTraceparent(value: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = FORM.exec(value) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === VERSION && more !== undefined) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 }
}

/** What a request's headers say of its trace; undefined: nothing, or nothing that is valid. */
export function parseTrace(list: readonly string[]): TraceContext | undefined {
  const value = toOnlyValue(list, TRACEPARENT)
  return value === undefined ? undefined : parseTraceparent(value)
}

/** The `traceparent` of a request that the span of `context` makes. */
export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `${VERSION}-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

/** The first span of the trace that begins with the request of this id. */
export function newTrace(request: string, isSampled: boolean): TraceContext {
  const traceId = TRACE_ID.test(request)
    ? request
    : createHash('sha256').update(request).digest('hex').slice(0, TRACE_DIGITS)
  return { traceId, spanId: newSpanId(), isSampled }
}

/** Another span of the same trace. */
export function childSpan({ traceId, isSampled }: TraceContext): TraceContext {
  return { traceId, spanId: newSpanId(), isSampled }
}

/** What goes with the fetches of a request: header names and values. */
export type TraceHeaders = readonly (readonly [string, string])[]

/** What goes with a fetch on behalf of a request; `lines`: its headers, without what nobody trusted said. */
export function nextTrace(request: string, lines: string): TraceHeaders {
  const given = lines.includes(TRACEPARENT) ? (parseHeaderLines(lines) ?? []) : []
  // not sampled, for nobody here records it
  if (parseTrace(given) === undefined) return [[TRACEPARENT, toTraceparent(newTrace(request, false))]]
  const parent = [TRACEPARENT, toOnlyValue(given, TRACEPARENT)!] as const
  const state = toValues(given, TRACESTATE).join(',')
  return state === '' || state.length > STATE_CHARS ? [parent] : [parent, [TRACESTATE, state]]
}

/** The headers that an app gives a fetch, with those of the trace. */
export function withTrace(asked: [string, string][], trace: TraceHeaders): [string, string][] {
  if (asked.some(([name]) => name.toLowerCase() === TRACEPARENT)) return asked
  // a state without its parent says nothing (3.3)
  const others = asked.filter(([name]) => name.toLowerCase() !== TRACESTATE)
  return [...others, ...trace.map(([name, value]): [string, string] => [name, value])]
}

/** The second half of a random UUID: two of its bits are fixed, so that it is never zero. */
function newSpanId(): string {
  const uuid = randomUUID()
  return uuid.slice(19, 23) + uuid.slice(24)
}
