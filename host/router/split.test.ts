/** Who gets which of two versions: the same one every time, the share that was asked for, and growing shares nested. */

import * as fc from 'fast-check'
import { describe, it } from 'vitest'

import { parseStickyBy } from '../http/sticky-key.ts'
import { Split } from './split.ts'

const at = (key: string) => ({ toClient: () => ({ key }) })
const choose = (percent: number, key: string, salt = 'shop/2'): string =>
  new Split('before', 'canary', { percent, salt }).choose([], at(key))

describe('a split', () => {
  it('keeps whoever is on the canary there while its part grows', ({ expect }) => {
    const property = fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 99 }),
      fc.integer({ min: 1, max: 99 }),
      (key, one, other) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)]
        if (choose(small, key) === 'canary') expect(choose(large, key)).toBe('canary')
        expect(choose(small, key)).toBe(choose(small, key))
      },
    )
    fc.assert(property)
  })

  it.for([1, 10, 50, 99])('gives the canary %i %% of the clients', (percent, { expect }) => {
    const clients = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    const canary = clients.filter((client) => choose(percent, client) === 'canary')
    // five standard deviations
    const slack = 5 * Math.sqrt(clients.length * (percent / 100) * (1 - percent / 100))
    expect(Math.abs(canary.length - (clients.length * percent) / 100)).toBeLessThan(slack)
  })

  it('tries each canary on other clients', ({ expect }) => {
    const clients = Array.from({ length: 1000 }, (_, i) => `client ${i}`)
    const of = (salt: string) => clients.filter((client) => choose(10, client, salt) === 'canary')
    const next = new Set(of('shop/3'))
    expect(of('shop/2').filter((client) => next.has(client)).length).toBeLessThan(30)
  })
})

describe('a client is told apart', () => {
  const cases: [stickyBy: string, headers: string[], same: string[]][] = [
    ['header:X-User', ['x-user', 'ada'], ['Host', 'a.test', 'X-USER', 'ada']],
    ['cookie:session', ['Cookie', 'session=ada'], ['cookie', 'other=1; session=ada; last=2']],
    ['cookie:session', ['Cookie', 'other=1', 'Cookie', 'session=ada'], ['cookie', 'session="ada"']],
  ]
  const versionsOf = (stickyBy: string, headers: string[]): string[] =>
    Array.from({ length: 50 }, (_, i) => {
      const share = { percent: 50, salt: `shop/${i}`, stickyBy: parseStickyBy(stickyBy) }
      return new Split('before', 'canary', share).choose(headers, at(`10.0.0.${i}`))
    })
  it.for(cases)('by %s, wherever it stands: %j as %j', ([stickyBy, headers, same], { expect }) => {
    expect(versionsOf(stickyBy, headers)).toEqual(versionsOf(stickyBy, same))
  })

  it.for<[stickyBy: string, headers: string[]]>([
    ['header:x-user', ['x-users', 'ada']],
    ['header:x-user', ['x-user', '']],
    ['cookie:session', ['cookie', 'Session=ada; sessions=1']],
    ['cookie:session', ['cookie', 'session']],
  ])('by address where %s is not in %j', ([stickyBy, headers], { expect }) => {
    expect(versionsOf(stickyBy, headers)).toEqual(versionsOf('header:none', []))
  })

  it.for(['header', 'header:', 'cookie:a b', 'cookie:a=b', 'address', 'header:a,b'])(
    'and never by %j',
    (text, { expect }) => {
      expect(parseStickyBy(text)).toBeUndefined()
    },
  )
})
