/** For how long a debtor is refused, and that stops never take much of the time. */
import { array, assert, integer, property } from 'fast-check'
import { it } from 'vitest'
import { Debt } from './debt.ts'

const COST_MS = 200

/** A debt of so many stops at 0, of which two are free. */
function owe(stops: number, costMs = COST_MS): Debt {
  const debt = new Debt(2, costMs)
  for (let i = 0; i < stops; i++) debt.add(1, 0)
  return debt
}

it('refuses when there are more stops than are free', ({ expect }) => {
  const debt = new Debt(2, COST_MS)
  expect([0, 500].map((now) => debt.add(1, now))).toEqual([0, 0])
  expect(debt.waitMs(500)).toBe(0)
  const ms = debt.add(1, 1000)
  expect([ms > 19 * COST_MS, ms <= 20 * COST_MS]).toEqual([true, true])
  expect([0, ms - 1, ms].map((after) => debt.waitMs(1000 + after))).toEqual([ms, 1, 0])
})

it('is paid off one by one', ({ expect }) => {
  const debt = owe(2)
  const moments = [1, 2, 3, 4, 5].map((i) => i * 250 * COST_MS)
  expect(moments.map((now) => debt.add(1, now))).toEqual([0, 0, 0, 0, 0])
})

it('doubles the wait, up to 250 times what a stop costs', ({ expect }) => {
  const debt = owe(2)
  let now = 0
  const waits = Array.from({ length: 9 }, () => {
    const ms = debt.add(1, now)
    now += ms
    return ms / COST_MS
  })
  for (const [i, wait] of waits.slice(1).entries()) {
    expect(wait).toBeGreaterThanOrEqual(waits[i]!)
    expect(wait).toBeLessThanOrEqual(2 * waits[i]!)
  }
  expect(waits[0]).toBe(20)
  expect(waits.at(-1)).toBeGreaterThan(245)
  expect(waits.at(-1)).toBeLessThanOrEqual(250)
})

it('never costs more than a minute', ({ expect }) => {
  const debt = owe(0, 10_000)
  expect([0, 0, 0, 0].map((now) => debt.add(1, now))).toEqual([0, 0, 60_000, 60_000])
})

it('keeps stops to less than a hundredth of the time, whatever their rhythm', ({ expect }) => {
  const pauses = array(integer({ min: 0, max: 60_000 }), { minLength: 60, maxLength: 60 })
  assert(
    property(pauses, (all) => {
      const debt = new Debt(2, COST_MS)
      let now = 0
      for (const pause of all) {
        now += Math.max(pause, debt.waitMs(now)) + COST_MS
        debt.add(1, now)
      }
      // the first few come before it is known
      expect(((all.length - 6) * COST_MS) / now).toBeLessThan(0.01)
    }),
  )
})
