/** What passes in a second, and that every other thing is counted once. */
import { array, assert, constantFrom, nat, property, record } from 'fast-check'
import { describe, test } from 'vitest'

import { RateLimit } from './rate-limit.ts'

describe('a rate limit', () => {
  test('admits so many in a second, and says once in a later second how many it dropped', ({ expect }) => {
    let now = 500
    const limit = new RateLimit({ count: 3 }, () => now)
    expect(Array.from({ length: 5 }, () => limit.admit())).toEqual([true, true, true, false, false])
    expect(limit.takeDropped()).toBe(0)
    now = 1000
    expect([limit.takeDropped(), limit.takeDropped(), limit.admit()]).toEqual([2, 0, true])
  })

  test('admits so much in a second', ({ expect }) => {
    const limit = new RateLimit({ count: 100, size: 10 }, () => 0)
    expect([limit.admit(6), limit.admit(5), limit.admit(4), limit.admit(1)]).toEqual([
      true,
      false,
      true,
      false,
    ])
    expect(limit.takeAllDropped()).toBe(2)
  })

  test('admits or counts each thing, never more than its rate', ({ expect }) => {
    const rate = { count: 5, size: 50 }
    const step = record({
      ms: nat(400),
      size: nat(60),
      what: constantFrom('admit', 'drop', 'take'),
    })
    assert(
      property(array(step, { maxLength: 200 }), (steps) => {
        let now = 0
        const limit = new RateLimit(rate, () => now)
        const passed = new Map<number, { count: number; size: number }>()
        let things = 0
        let accounted = 0
        for (const { ms, size, what } of steps) {
          now += ms
          if (what === 'take') accounted += limit.takeDropped()
          else things++
          if (what === 'drop') limit.drop()
          if (what !== 'admit' || !limit.admit(size)) continue
          accounted++
          const second = Math.floor(now / 1000)
          const sum = passed.get(second) ?? { count: 0, size: 0 }
          passed.set(second, { count: sum.count + 1, size: sum.size + size })
        }
        expect(accounted + limit.takeAllDropped()).toBe(things)
        for (const { count, size } of passed.values()) {
          expect(count).toBeLessThanOrEqual(rate.count)
          expect(size).toBeLessThanOrEqual(rate.size)
        }
      }),
    )
  })
})
