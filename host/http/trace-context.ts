/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): what goes with an app's fetches, so that whoever is asked knows
 * on behalf of which request.
 *
 * A `traceparent` that came with the request from a trusted proxy goes on as it is, with its `tracestate`: this server
 * records no spans, and who takes no part passes both on unchanged (section 4.3). Where there is none, one is made of the
 * request's id. An app that gives a fetch a `traceparent` takes part itself, and its word stands.
 */

import { createHash, randomBytes } from 'node:crypto'

import { parseHeaderLines, toOnlyValue, toValues } from './header-lines.ts'

/** In lower case. */
export const TRACEPARENT = 'traceparent'
export const TRACESTATE = 'tracestate'

/** Version, trace, parent, flags; a version after the first may have more behind them (3.2.1 and 4.1). */
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/
const TRACE_DIGITS = 32
const PARENT_BYTES = 8
/** A longer state is dropped (3.3.1.5). */
const STATE_CHARS = 512

/** Version 0; not sampled, for nobody here records it. */
const VERSION = '00'
const FLAGS = '00'

/** The trace that a request's headers name; undefined: none, or nothing that is a valid one. */
export function parseTraceId(list: readonly string[]): string | undefined {
  const [, version, id, more] = FORM.exec(toOnlyValue(list, TRACEPARENT) ?? '') ?? []
  return version === VERSION && more !== undefined ? undefined : id
}

/** What goes with the fetches of a request: header names and values. */
export type Trace = readonly (readonly [string, string])[]

/** The trace of a fetch on behalf of a request; `lines`: its headers, without what nobody trusted said. */
export function nextTrace(request: string, lines: string): Trace {
  const given = lines.includes(TRACEPARENT) ? (parseHeaderLines(lines) ?? []) : []
  if (parseTraceId(given) === undefined) return [[TRACEPARENT, makeParent(request)]]
  const parent = [TRACEPARENT, toOnlyValue(given, TRACEPARENT)!] as const
  const state = toValues(given, TRACESTATE).join(',')
  return state === '' || state.length > STATE_CHARS ? [parent] : [parent, [TRACESTATE, state]]
}

/** The headers that an app gives a fetch, with the trace. */
export function withTrace(asked: [string, string][], trace: Trace): [string, string][] {
  if (asked.some(([name]) => name.toLowerCase() === TRACEPARENT)) return asked
  // a state without its parent says nothing (3.3)
  const others = asked.filter(([name]) => name.toLowerCase() !== TRACESTATE)
  return [...others, ...trace.map(([name, value]): [string, string] => [name, value])]
}

function makeParent(request: string): string {
  const trace = TRACE_ID.test(request)
    ? request
    : createHash('sha256').update(request).digest('hex').slice(0, TRACE_DIGITS)
  return `${VERSION}-${trace}-${randomBytes(PARENT_BYTES).toString('hex')}-${FLAGS}`
}
