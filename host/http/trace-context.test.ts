/** Which traces are valid, and what goes with a fetch. */

import { describe, it } from 'vitest'

import { nextTrace, parseTraceId, withTrace } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const VALID = `00-${TRACE}-${PARENT}-01`

describe('a traceparent', () => {
  it.for([
    [VALID, TRACE],
    [`cc-${TRACE}-${PARENT}-01-what-comes-later`, TRACE],
    [`00-${TRACE}-${PARENT}-01-more`, undefined],
    [`ff-${TRACE}-${PARENT}-01`, undefined],
    [`00-${'0'.repeat(32)}-${PARENT}-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    [VALID.toUpperCase(), undefined],
    [` ${VALID}`, undefined],
    [`00-${TRACE}-${PARENT}`, undefined],
    ['', undefined],
  ] as const)('%s', ([value, id], { expect }) => {
    expect(parseTraceId(['traceparent', value])).toBe(id)
  })

  it('that comes twice is none', ({ expect }) => {
    expect(parseTraceId(['traceparent', VALID, 'Traceparent', VALID])).toBeUndefined()
  })
})

describe('the trace of a fetch', () => {
  it('is the one that came, with its state', ({ expect }) => {
    const lines = `host\na\ntraceparent\n${VALID}\ntracestate\na=1\ntracestate\nb=2\n`
    expect(nextTrace('id', lines)).toEqual([
      ['traceparent', VALID],
      ['tracestate', 'a=1,b=2'],
    ])
    expect(nextTrace('id', `traceparent\n${VALID}\ntracestate\n${'x'.repeat(600)}\n`)).toEqual([
      ['traceparent', VALID],
    ])
  })

  it('is made of the id, the same for all fetches but for the parent', ({ expect }) => {
    expect(nextTrace(TRACE, '')).toEqual([
      ['traceparent', expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))],
    ])
    const traces = ['other/id', 'other/id', 'another'].map((id) => {
      const [[, value] = ['', '']] = nextTrace(id, 'traceparent\nspoilt\ntracestate\na=1\n')
      return { id: parseTraceId(['traceparent', value]), value }
    })
    expect(traces[0]!.id).toMatch(/^[0-9a-f]{32}$/)
    expect(traces[1]!.id).toBe(traces[0]!.id)
    expect(traces[1]!.value).not.toBe(traces[0]!.value)
    expect(traces[2]!.id).not.toBe(traces[0]!.id)
  })

  it('gives way to one of the app, and takes the place of a state without one', ({ expect }) => {
    const trace = nextTrace(TRACE, '')
    const own: [string, string][] = [
      ['TraceParent', 'own'],
      ['tracestate', 'own=1'],
    ]
    expect(withTrace(own, trace)).toEqual(own)
    expect(withTrace([['x-a', '1'], own[1]!], trace)).toEqual([['x-a', '1'], trace[0]])
  })
})
