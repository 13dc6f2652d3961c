/** A table against a Map, with numbers that fall to the same places. */
import { array, assert, constantFrom, integer, nat, oneof, property, tuple } from 'fast-check'
import { it } from 'vitest'
import { NumberTable } from './number-table.ts'

// few that are near one another, so that they meet; and such as a guest may make up
const numbers = oneof(nat(40), integer(), constantFrom(0, 0x7fffffff, -0x80000000, 2 ** 32, 2 ** 53 - 1))

it('is what a Map is, whatever the order of calls', ({ expect }) => {
  const step = tuple(constantFrom('set', 'set', 'delete', 'clear'), numbers)
  assert(
    property(array(step, { maxLength: 200 }), (steps) => {
      const table = new NumberTable<object>()
      const model = new Map<number, object>()
      for (const [at, [call, number]] of steps.entries()) {
        const value = { at }
        if (call === 'delete') expect(table.delete(number)).toBe(model.delete(number))
        else if (call === 'set') {
          table.set(number, value)
          model.set(number, value)
        } else if (at % 20 === 0) {
          table.clear()
          model.clear()
        }
        expect([table.size, table.get(number), table.has(number)]).toEqual([
          model.size,
          model.get(number),
          model.has(number),
        ])
      }
      const all = [...model.keys()].toSorted((a, b) => a - b)
      expect(table.numbers()).toEqual(all)
      expect(table.values()).toEqual(all.map((number) => model.get(number)))
      for (const number of all) expect(table.get(number)).toBe(model.get(number))
      for (const one of model.values()) expect(table.some((value) => value === one)).toBe(true)
      expect(table.some(() => true)).toBe(model.size > 0)
    }),
  )
})

it('grows to thousands and is small again', ({ expect }) => {
  const table = new NumberTable<number>()
  for (let number = 0; number < 5000; number++) table.set(number, number)
  for (let number = 0; number < 4990; number++) expect(table.delete(number)).toBe(true)
  expect(table.values()).toEqual([4990, 4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999])
})

it('what is in may be taken out while all of it is looked at', ({ expect }) => {
  const table = new NumberTable<number>()
  for (let number = 0; number < 100; number++) table.set(number, number)
  for (const value of table.values()) table.delete(value)
  expect(table.size).toBe(0)
})
