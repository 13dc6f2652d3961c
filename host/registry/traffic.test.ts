/** A table of what serves, what is asked for, and what comes of it. */

import { describe, it } from 'vitest'

import type { StoredApp, StoredVersion } from '../artifacts/store.ts'
import { expectSplit, toNext, toPercent, toShare } from './traffic.ts'

const version = (number: number): StoredVersion =>
  ({ app: 'a', number, hostname: 'a.test' }) as unknown as StoredVersion

/** `1` serves; `1 2:10`: and 2 beside it to 10 %. */
const toServing = (text: string): StoredApp | undefined => {
  const [active, canary] = text.split(' ')
  if (!active) return undefined
  const [number, percent] = (canary ?? '').split(':').map(Number)
  return {
    name: 'a',
    active: version(Number(active)),
    ...(canary === undefined ? {} : { canary: { version: version(number!), percent: percent! } }),
  }
}

/** `put`: the version is opened; a number: the canary's part of what is there; undefined: nothing is done. */
const cases: [before: string, asked: string, after: string, how: 'put' | number | undefined][] = [
  ['', '1:100', '1', 'put'],
  ['', '1:0', '', undefined],
  ['1', '1:100', '1', undefined],
  ['1', '1:10', '1', undefined],
  ['1', '2:0', '1', undefined],
  ['1', '2:100', '2', 'put'],
  ['1', '2:10', '1 2:10', 'put'],
  ['1 2:10', '2:10', '1 2:10', undefined],
  ['1 2:10', '2:50', '1 2:50', 50],
  ['1 2:50', '2:10', '1 2:10', 10],
  ['1 2:10', '2:100', '2', 100],
  ['1 2:10', '2:0', '1', 0],
  ['1 2:10', '1:100', '1', 0],
  ['1 2:10', '3:0', '1 2:10', undefined],
  ['1 2:10', '3:20', '1 3:20', 'put'],
  ['1 2:10', '3:100', '3', 'put'],
  ['2 1:10', '1:100', '1', 100],
]

describe('what serves', () => {
  it.for(cases)('%j, and %s is asked for: %s (%s)', ([before, asked, after, how], { expect }) => {
    const [number, percent] = asked.split(':').map(Number)
    const serving = toServing(before)
    const next = toNext(serving, version(number!), percent!)
    expect(next ?? serving).toEqual(toServing(after))
    const done = next && (toShare(serving, next, version(number!)) ?? 'put')
    expect(done).toBe(how)
  })

  it('is shared out completely', ({ expect }) => {
    for (const [text, ...percents] of [
      ['1', 100, 0],
      ['1 2:10', 90, 10],
    ] as const) {
      expect([1, 2].map((number) => toPercent(toServing(text), number))).toEqual(percents)
    }
    expect(toPercent(undefined, 1)).toBe(0)
  })

  it('shares one host name', ({ expect }) => {
    const check = (before: string, percent: number, hostname = 'a.test') =>
      expectSplit('a', toServing(before), { percent, hostname })
    expect(() => check('', 10)).toThrow('app a has no version that could serve the rest')
    expect(() => check('1', 10, 'b.test')).toThrow(
      'a version for b.test cannot share requests for a.test; give it 100 % or that host name',
    )
    for (const percent of [0, 100]) check('1', percent, 'b.test')
    check('1', 10)
  })
})
