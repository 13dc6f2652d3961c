/** When a tenant is refused, and for how long. */
import { it } from 'vitest'
import { Breaker } from './breaker.ts'

it('opens at the third stop within ten seconds', ({ expect }) => {
  const breaker = new Breaker()
  expect([0, 11_000, 12_000].map((now) => breaker.stopped(now))).toEqual([0, 0, 0])
  expect(breaker.isOpen(12_000)).toBe(false)
  expect(breaker.stopped(13_000)).toBe(100)
  expect(breaker.isOpen(13_099)).toBe(true)
  expect(breaker.isOpen(13_100)).toBe(false)
})

it('doubles what it waits, up to ten seconds', ({ expect }) => {
  const breaker = new Breaker()
  let now = 0
  const waits = Array.from({ length: 12 }, () => {
    const ms = breaker.stopped(now)
    now += ms
    return ms
  })
  expect(waits).toEqual([0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000])
})

it('is closed by an answer, and still counts', ({ expect }) => {
  const breaker = new Breaker()
  for (const now of [0, 0, 0, 100, 300]) breaker.stopped(now)
  breaker.answered()
  expect(breaker.stopped(700)).toBe(100)
})
