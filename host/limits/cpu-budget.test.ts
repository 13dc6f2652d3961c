/** Who pays for a turn, and how long it may take. */
import { describe, it } from 'vitest'
import { CpuBudget } from './cpu-budget.ts'

function open(limitMs: number, ...ids: number[]): CpuBudget {
  const budget = new CpuBudget(limitMs)
  for (const id of ids) budget.open(id)
  return budget
}

describe('a budget', () => {
  it('is summed over the turns of a request', ({ expect }) => {
    const budget = open(100, 1)
    budget.charge([1], 60)
    expect(budget.allow([1])).toBe(40)
    expect(budget.isOver([1])).toBe(false)
    budget.charge([1], 41)
    expect(budget.isOver([1])).toBe(true)
  })

  it('is shared by those who had an event in the turn', ({ expect }) => {
    const budget = open(100, 1, 2, 3)
    budget.charge([1, 2, 2], 80)
    expect([1, 2, 3].map((id) => budget.allow([id]))).toEqual([60, 60, 100])
    expect(budget.allow([1, 3])).toBe(100)
  })

  it('is charged to all when nobody can be named', ({ expect }) => {
    const budget = open(100, 1, 2)
    budget.charge([], 40)
    budget.charge([77], 40)
    expect(budget.allow([])).toBe(60)
    budget.close(2)
    budget.charge([2], 40)
    expect(budget.allow([1])).toBe(20)
  })

  it('leaves a turn a little, and never more than the limit', ({ expect }) => {
    const budget = open(100, 1)
    budget.charge([1], 99)
    expect(budget.allow([1])).toBe(5)
    expect(open(2, 1).allow([1])).toBe(2)
    expect(open(100).allow([])).toBe(100)
  })
})
