/** Any order of what instances do keeps the budget wherever that can be kept, and ends none that works. */
import { assert, array, asyncProperty, integer, tuple } from 'fast-check'
import { it } from 'vitest'

import { Residents } from './residents.ts'

it('ends the least recently used ones that rest, and no others', async ({ expect }) => {
  const step = tuple(integer({ min: 0, max: 9 }), integer({ min: 0, max: 2 }))
  await assert(
    asyncProperty(array(step, { maxLength: 60 }), integer({ min: 1, max: 4 }), async (steps, most) => {
      const residents = new Residents()
      residents.most = most
      const states = new Map<number, 'works' | 'rests'>()
      const rested: number[] = []
      const evicted: number[] = []
      const handles = Array.from({ length: 10 }, (_, number) => ({
        evict() {
          expect(states.get(number)).toBe('rests')
          expect(rested[0]).toBe(number)
          rested.shift()
          states.delete(number)
          evicted.push(number)
          residents.closed()
        },
      }))
      for (const [number, act] of steps) {
        const state = states.get(number)
        if (state === undefined && act === 0) {
          states.set(number, 'works')
          residents.opened()
        } else if (state === 'works' && act === 1) {
          states.set(number, 'rests')
          rested.push(number)
          residents.rest(handles[number]!)
        } else if (state === 'rests' && act === 2) {
          states.set(number, 'works')
          rested.splice(rested.indexOf(number), 1)
          residents.leave(handles[number]!)
        }
        // oxlint-disable-next-line no-await-in-loop -- what is due is done
        await new Promise(setImmediate)
        const working = [...states.values()].filter((each) => each === 'works').length
        expect(residents.live).toBe(states.size)
        expect(residents.live).toBeLessThanOrEqual(Math.max(most, working))
      }
    }),
    { numRuns: 60 },
  )
})
