import { describe, test } from 'vitest'

import { parseFetchRule } from './fetch-rule.ts'

const parse = (cf: object) => parseFetchRule(JSON.stringify(cf))

describe('how the answer to a fetch is kept', () => {
  test.for<[object, number, number | undefined]>([
    [{ cacheTtl: 60 }, 200, 60],
    [{ cacheTtl: 60 }, 404, 60],
    [{ cacheTtl: 60 }, 500, undefined],
    [{ cacheTtl: 60 }, 206, undefined],
    [{ cacheTtl: 1e12 }, 200, 31_536_000],
    [{ cacheTtl: -1 }, 200, -1],
    [{ cacheEverything: true }, 200, undefined],
    [{ cacheTtlByStatus: { '200-299': 86_400, '404': 1, '500-599': 0 } }, 201, 86_400],
    [{ cacheTtlByStatus: { '200-299': 86_400, '404': 1, '500-599': 0 } }, 404, 1],
    [{ cacheTtlByStatus: { '200-299': 86_400, '404': 1, '500-599': 0 } }, 503, 0],
    [{ cacheTtlByStatus: { '200-599': 5, '404': 1 }, cacheTtl: 9 }, 404, 1],
    [{ cacheTtlByStatus: { '200': 5 }, cacheTtl: 9 }, 301, 9],
  ])('%j: %i for %s seconds', ([cf, status, expected], { expect }) => {
    expect(parse(cf)!.toSeconds(status)).toBe(expected)
  })

  test.for([{}, { cacheEverything: false }, { cacheKey: 'x' }, { cacheTtl: null }, { polish: 'off' }])(
    '%j asks for nothing',
    (cf, { expect }) => expect(parse(cf)).toBeUndefined(),
  )

  test.for<[object, string]>([
    [{ cacheTtl: '60' }, 'cf.cacheTtl: expected a number of seconds, got "60"'],
    [
      { cacheTtlByStatus: [1] },
      'cf.cacheTtlByStatus: expected an object such as { "200-299": 60, "404": 1 }, got [1]',
    ],
    [
      { cacheTtlByStatus: { '2xx': 1 } },
      'cf.cacheTtlByStatus: expected statuses such as "200-299", got "2xx"',
    ],
    [
      { cacheTtlByStatus: { '200': true } },
      'cf.cacheTtlByStatus["200"]: expected a number of seconds, got true',
    ],
    [
      { cacheTtl: 1, cacheKey: '' },
      'cf.cacheKey: expected a text of 1 to 4096 characters without a line break, got ""',
    ],
    [{ cacheTtl: 1, cacheTags: 'x' }, 'cf.cacheTags: expected an array of at most 100 texts, got "x"'],
  ])('%j is refused', ([cf, text], { expect }) => {
    expect(() => parse(cf)).toThrow(new TypeError(text))
  })
})
