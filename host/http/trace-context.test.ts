/** Which traces are valid, and what goes with a fetch. */

import { describe, expect, it } from 'vitest'

import {
  childSpan,
  newTrace,
  nextTrace,
  parseTrace,
  parseTraceparent,
  toTraceparent,
  withTrace,
} from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const VALID = `00-${TRACE}-${SPAN}-01`

describe('traceparent', () => {
  it('is read', () => {
    const context = { traceId: TRACE, spanId: SPAN }
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ ...context, isSampled: true })
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)).toEqual({ ...context, isSampled: false })
  })

  it('takes the one flag that it knows', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)?.isSampled).toBe(true)
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)?.isSampled).toBe(false)
  })

  it('takes what it knows of a later version', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01`)?.traceId).toBe(TRACE)
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-is-to-come`)?.spanId).toBe(SPAN)
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01.what-is-to-come`)).toBeUndefined()
  })

  it.for([
    ['nothing', ''],
    ['a space before it', ` ${VALID}`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['the version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['no version', `${TRACE}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['too short a trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['too long a span', `00-${TRACE}-${SPAN}0-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['a line break at the end', `00-${TRACE}-${SPAN}-01\n`],
    ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('refuses %s', ([, value]) => {
    expect(parseTraceparent(value!)).toBeUndefined()
  })

  it('is written as it was read', () => {
    for (const flags of ['00', '01']) {
      const value = `00-${TRACE}-${SPAN}-${flags}`
      expect(toTraceparent(parseTraceparent(value)!)).toBe(value)
    }
  })

  it('that comes twice is none', () => {
    expect(parseTrace(['TraceParent', VALID])?.traceId).toBe(TRACE)
    expect(parseTrace(['traceparent', VALID, 'Traceparent', VALID])).toBeUndefined()
  })
})

describe('a span', () => {
  it('begins a trace that is the id of its request, or is made of it', () => {
    const span = newTrace(TRACE, true)
    expect(span).toEqual({ traceId: TRACE, spanId: span.spanId, isSampled: true })
    expect(parseTraceparent(toTraceparent(span))).toEqual(span)
    const others = ['other/id', 'other/id', 'another', '0'.repeat(32)].map((id) => newTrace(id, true))
    for (const other of others) expect(parseTraceparent(toTraceparent(other))).toEqual(other)
    expect(new Set(others.map(({ traceId }) => traceId)).size).toBe(3)
    expect(new Set(others.map(({ spanId }) => spanId)).size).toBe(4)
  })

  it('has children in the same trace', () => {
    const parent = newTrace(TRACE, false)
    const child = childSpan(parent)
    expect(child).toEqual({ ...parent, spanId: child.spanId })
    expect(child.spanId).not.toBe(parent.spanId)
    expect(parseTraceparent(toTraceparent(child))).toEqual(child)
  })
})

describe('the trace of a fetch', () => {
  it('is the one that came, with its state', () => {
    const lines = `host\na\ntraceparent\n${VALID}\ntracestate\na=1\ntracestate\nb=2\n`
    expect(nextTrace('id', lines)).toEqual([
      ['traceparent', VALID],
      ['tracestate', 'a=1,b=2'],
    ])
    expect(nextTrace('id', `traceparent\n${VALID}\ntracestate\n${'x'.repeat(600)}\n`)).toEqual([
      ['traceparent', VALID],
    ])
  })

  it('is made of the id, the same for all fetches but for the parent', () => {
    expect(nextTrace(TRACE, '')).toEqual([
      ['traceparent', expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))],
    ])
    const traces = ['other/id', 'other/id', 'another'].map((id) => {
      const [[, value] = ['', '']] = nextTrace(id, 'traceparent\nspoilt\ntracestate\na=1\n')
      return { id: parseTrace(['traceparent', value])?.traceId, value }
    })
    expect(traces[0]!.id).toMatch(/^[0-9a-f]{32}$/)
    expect(traces[1]!.id).toBe(traces[0]!.id)
    expect(traces[1]!.value).not.toBe(traces[0]!.value)
    expect(traces[2]!.id).not.toBe(traces[0]!.id)
  })

  it('gives way to one of the app, and takes the place of a state without one', () => {
    const trace = nextTrace(TRACE, '')
    const own: [string, string][] = [
      ['TraceParent', 'own'],
      ['tracestate', 'own=1'],
    ]
    expect(withTrace(own, trace)).toEqual(own)
    expect(withTrace([['x-a', '1'], own[1]!], trace)).toEqual([['x-a', '1'], trace[0]])
  })
})
