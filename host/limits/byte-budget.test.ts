/** A budget that several owners share holds exactly what they hold, whatever they do in which order. */
import { array, assert, constantFrom, nat, property, record } from 'fast-check'
import { describe, test } from 'vitest'

import { ByteBudget, Holding } from './byte-budget.ts'

const LIMIT = 1000
const OWNERS = 4

const step = record({
  owner: nat(OWNERS - 1),
  what: constantFrom('set', 'add', 'release'),
  bytes: nat(LIMIT),
})

describe('a byte budget', () => {
  test('is the sum of what its owners hold, never more than its limit, and nothing when all are done', ({
    expect,
  }) => {
    assert(
      property(array(step, { maxLength: 200 }), (steps) => {
        let emptied = 0
        let wasEmptied = 0
        const budget = new ByteBudget(LIMIT, () => emptied++)
        const holdings = Array.from({ length: OWNERS }, () => new Holding(budget))
        const model = holdings.map(() => 0)
        for (const { owner, what, bytes } of steps) {
          const holding = holdings[owner]!
          const before = model[owner]!
          const heldBefore = budget.held
          const wanted = { set: bytes, add: before + bytes, release: 0 }[what]
          const others = model.reduce((sum, held) => sum + held) - before
          const fits = wanted <= before || others + wanted <= LIMIT
          if (what === 'release') holding.release()
          else expect(what === 'set' ? holding.set(bytes) : holding.add(bytes)).toBe(fits)
          if (fits) model[owner] = wanted
          expect(holdings.map(({ held }) => held)).toEqual(model)
          expect(budget.held).toBe(model.reduce((sum, held) => sum + held))
          expect(budget.held).toBeLessThanOrEqual(LIMIT)
          if (heldBefore > 0 && budget.held === 0) wasEmptied++
          expect(emptied).toBe(wasEmptied)
        }
        // more than once is once
        for (const holding of [...holdings, ...holdings]) holding.release()
        expect(budget.held).toBe(0)
      }),
    )
  })

  test('says beforehand what it has room for', ({ expect }) => {
    const budget = new ByteBudget(LIMIT)
    const holding = new Holding(budget)
    expect([budget.hasRoom(LIMIT), budget.hasRoom(LIMIT + 1)]).toEqual([true, false])
    holding.set(1)
    expect([budget.hasRoom(LIMIT), budget.hasRoom(LIMIT - 1)]).toEqual([false, true])
  })
})
