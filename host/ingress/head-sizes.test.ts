/** What a head says about a request's size and way, and what is too much of it. */

import { describe, it } from 'vitest'

import { DEFAULT_LIMITS } from '../config/limits.ts'
import { MAX_HOPS, toExcess, toHeadSizes } from './head-sizes.ts'

describe('the size of a body', () => {
  it('is what Content-Length says, nothing without, and unknown when chunked', ({ expect }) => {
    expect(toHeadSizes(['Host', 'a']).bodySize).toBe(0)
    expect(toHeadSizes(['content-LENGTH', '12']).bodySize).toBe(12)
    expect(toHeadSizes(['Transfer-Encoding', 'Chunked'])).toMatchObject({ hasOddCoding: false })
    expect(toHeadSizes(['Transfer-Encoding', 'chunked']).bodySize).toBeUndefined()
  })

  it.for([
    ['identity', ['identity']],
    ['a list', ['gzip, chunked']],
    ['a quoted one', ['"chunked"']],
    ['nothing', ['']],
    ['two', ['chunked', 'chunked']],
  ] as const)('is in doubt when the coding is %s', ([, codings], { expect }) => {
    const head = toHeadSizes(codings.flatMap((coding) => ['transfer-encoding', coding]))
    expect(toExcess(DEFAULT_LIMITS, head, '/')).toBe('REQUEST_INVALID')
  })
})

describe('hops', () => {
  const cases: [label: string, values: string[], hops: number][] = [
    ['no header', [], 0],
    ['another server', ['other-cdn, third; x=1'], 0],
    ['once', ['nano-workers'], 1],
    ['in a list, with parameters, in any case', ['other, NANO-workers;v=1 , nano-workers ; a="b"'], 2],
    ['in several headers', ['nano-workers', 'other', 'nano-workers,nano-workers'], 3],
    ['behind a quote that somebody left open', ['other; a="', 'x; b=", nano-workers'], 1],
    ['a name that only begins alike', ['nano-workers-2, xnano-workers'], 0],
    ['empty entries', [',,nano-workers,, ,'], 1],
  ]
  for (const [label, values, hops] of cases) {
    it(label, ({ expect }) => {
      expect(toHeadSizes(values.flatMap((value) => ['CDN-Loop', value])).hops).toBe(hops)
    })
  }
})

describe('too much', () => {
  const limits = { ...DEFAULT_LIMITS, maxUrlKb: 1, maxHeaderKb: 1, maxBodyMb: 1 }
  const toCode = (path: string, ...rawHeaders: string[]) => toExcess(limits, toHeadSizes(rawHeaders), path)
  const hops = (count: number) => Array.from({ length: count }, () => 'nano-workers').join(', ')

  it('begins behind the limit', ({ expect }) => {
    expect(toCode('u'.repeat(1024))).toBeUndefined()
    expect(toCode('u'.repeat(1025))).toBe('URL_TOO_LONG')
    expect(toCode('/', 'x', 'y'.repeat(1019))).toBeUndefined()
    expect(toCode('/', 'x', 'y'.repeat(1020))).toBe('HEADERS_TOO_LARGE')
    expect(toCode('/', 'content-length', String(1024 * 1024))).toBeUndefined()
    expect(toCode('/', 'content-length', String(1024 * 1024 + 1))).toBe('BODY_TOO_LARGE')
    expect(toCode('/', 'cdn-loop', hops(MAX_HOPS - 1))).toBeUndefined()
    expect(toCode('/', 'cdn-loop', hops(MAX_HOPS))).toBe('LOOP_DETECTED')
  })

  it('is any body where none is taken', ({ expect }) => {
    const none = { ...limits, maxBodyMb: 0 }
    expect(toExcess(none, toHeadSizes(['content-length', '0']), '/')).toBeUndefined()
    expect(toExcess(none, toHeadSizes(['content-length', '1']), '/')).toBe('BODY_TOO_LARGE')
    expect(toExcess(none, toHeadSizes(['transfer-encoding', 'chunked']), '/')).toBe('BODY_TOO_LARGE')
  })
})
