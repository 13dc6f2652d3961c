import { describe, expect, it } from 'vitest'

import { childSpan, newTrace, parseTraceparent, toTraceparent } from './traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

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
})

describe('a span', () => {
  it('begins a trace of its own', () => {
    const spans = Array.from({ length: 100 }, () => newTrace(true))
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(100)
    for (const span of spans) expect(parseTraceparent(toTraceparent(span))).toEqual(span)
  })

  it('has children in the same trace', () => {
    const parent = newTrace(false)
    const child = childSpan(parent)
    expect(child).toEqual({ ...parent, spanId: child.spanId })
    expect(child.spanId).not.toBe(parent.spanId)
    expect(parseTraceparent(toTraceparent(child))).toEqual(child)
  })
})
