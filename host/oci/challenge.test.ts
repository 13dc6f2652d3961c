/** What WWW-Authenticate says. */

import { test } from 'vitest'

import { parseChallenges } from './challenge.ts'

const cases: [header: string | string[], challenges: [string, Record<string, string>][]][] = [
  ['Basic realm="r"', [['basic', { realm: 'r' }]]],
  ['Basic', [['basic', {}]]],
  [
    'Bearer realm="https://t.test/x?a=b,c",service="s",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://t.test/x?a=b,c', service: 's', scope: 'repository:a/b:pull,push' }]],
  ],
  ['BEARER Realm = "a\\"b" , Service=s', [['bearer', { realm: 'a"b', service: 's' }]]],
  [
    'Negotiate, Basic realm="r", Bearer realm="t"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'r' }],
      ['bearer', { realm: 't' }],
    ],
  ],
  [
    ['Basic realm="r"', 'Bearer realm="t"'],
    [
      ['basic', { realm: 'r' }],
      ['bearer', { realm: 't' }],
    ],
  ],
  ['realm="x", Basic', []],
  [
    'Bearer realm="x',
    [
      ['bearer', {}],
      ['realm', {}],
    ],
  ],
  ['Bearer realm="a", realm="b"', [['bearer', { realm: 'a' }]]],
  ['"', []],
  [
    `Bearer ${'x'.repeat(100_000)}`,
    [
      ['bearer', {}],
      ['x'.repeat(8185), {}],
    ],
  ],
  [[], []],
]

test.for(cases)('%j', ([header, challenges], { expect }) => {
  const parsed = parseChallenges(header)
  expect(parsed.map(({ scheme, parameters }) => [scheme, { ...parameters }])).toEqual(challenges)
})
