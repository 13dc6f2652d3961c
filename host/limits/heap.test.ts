/** Least first, whatever was put in and taken out before. */
import { array, assert, boolean, integer, property, tuple } from 'fast-check'
import { it } from 'vitest'
import { Heap, type Heaped } from './heap.ts'

it('gives the least of what is in, also after some were taken out of the middle', ({ expect }) => {
  const steps = array(tuple(boolean(), integer({ min: 0, max: 50 })), { maxLength: 200 })
  assert(
    property(steps, (all) => {
      const heap = new Heap<Heaped>()
      const model: Heaped[] = []
      let age = 0
      for (const [isPush, number] of all) {
        if (isPush) {
          const item = { key: number % 10, age: age++, index: -1 }
          model.push(item)
          heap.push(item)
        } else if (model.length > 0) {
          const [item] = model.splice(number % model.length, 1)
          heap.remove(item!)
          heap.remove(item!)
        }
      }
      const keys = model.toSorted((a, b) => a.key - b.key || a.age - b.age)
      expect(heap.size).toBe(keys.length)
      for (const item of keys) {
        expect(heap.first).toBe(item)
        heap.remove(item)
      }
      expect(heap.first).toBeUndefined()
    }),
  )
})
