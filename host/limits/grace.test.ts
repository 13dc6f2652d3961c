/** An end is brought forward and never put off, and comes once. */
import { array, assert, constantFrom, integer, property, tuple } from 'fast-check'
import { afterEach, beforeEach, it, vi } from 'vitest'
import { Grace } from './grace.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('is over at the earliest moment that was asked for, once, and not at all when it was given up', ({
  expect,
}) => {
  const call = tuple(constantFrom('end', 'pass', 'dispose'), integer({ min: -5, max: 50 }))
  assert(
    property(array(call, { maxLength: 30 }), (calls) => {
      const ends: number[] = []
      const grace = new Grace(() => ends.push(performance.now()))
      let least = Infinity
      let isGivenUp = false
      for (const [name, ms] of calls) {
        const now = performance.now()
        const isOpen: boolean = !isGivenUp && ends.length === 0
        if (name === 'end') {
          const isSooner = isOpen && now + ms < least
          const code = ms % 2 === 0 ? 'APP_REPLACED' : 'SHUTTING_DOWN'
          const before = grace.code
          grace.endBy(now + ms, code)
          expect(grace.code).toBe(isSooner ? code : before)
          if (isSooner) least = now + ms
        } else if (name === 'pass') vi.advanceTimersByTime(Math.max(0, ms))
        else {
          isGivenUp ||= isOpen
          grace[Symbol.dispose]()
        }
        expect(ends.length).toBeLessThanOrEqual(1)
        // a timer of none counts as one millisecond
        if (isOpen && !isGivenUp && performance.now() > Math.max(now, least) + 1) expect(ends.length).toBe(1)
      }
      vi.advanceTimersByTime(100)
      expect(ends.length).toBe(least < Infinity && !isGivenUp ? 1 : 0)
      if (ends.length > 0) expect(ends[0]).toBeGreaterThanOrEqual(least)
      expect(vi.getTimerCount()).toBe(0)
    }),
  )
})
