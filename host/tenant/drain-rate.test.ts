/** How long a request will wait. */
import { it } from 'vitest'
import { DrainRate } from './drain-rate.ts'

it('knows nothing while nobody waits, or for moments only', ({ expect }) => {
  const drain = new DrainRate()
  expect(drain.waitMs(5, 100)).toBe(0)
  drain.took(1, 10, 100)
  expect([drain.waitMs(10, 550), drain.waitMs(0, 10_000)]).toEqual([0, 0])
  drain.took(1, 0, 5000)
  expect(drain.waitMs(3, 9000)).toBe(0)
})

it('is what those before it took, one after the other', ({ expect }) => {
  const drain = new DrainRate()
  let now = 0
  for (let i = 0; i < 100; i++) {
    drain.took(1, 60, now)
    now += 40
  }
  expect(drain.waitMs(60, now)).toBeCloseTo(60 * 40, -3)
  for (let i = 0; i < 100; i++) {
    drain.took(4, 60, now)
    now += 40
  }
  expect(drain.waitMs(60, now)).toBeCloseTo(60 * 10, -2)
})

it('forgets those that left without being taken', ({ expect }) => {
  const drain = new DrainRate()
  drain.took(1, 3, 0)
  expect([drain.waitMs(0, 5000), drain.waitMs(3, 5001)]).toEqual([0, 0])
})

it('grows while nobody is taken', ({ expect }) => {
  const drain = new DrainRate()
  for (let now = 0; now < 11; now++) drain.took(1, 30, now)
  expect([drain.waitMs(30, 1000), drain.waitMs(30, 2000)]).toEqual([3000, 6000])
})

it('says nothing when few were taken', ({ expect }) => {
  const drain = new DrainRate()
  for (let now = 0; now < 10; now++) drain.took(1, 30, now)
  expect(drain.waitMs(30, 4000)).toBe(0)
})
