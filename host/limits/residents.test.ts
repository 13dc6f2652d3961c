/** Any order of what instances do keeps the budgets wherever they can be kept, and ends none that works. */
import { assert, array, asyncProperty, integer, tuple } from 'fast-check'
import { it } from 'vitest'

import { Residents } from './residents.ts'

const BYTES_PER_MB = 1024 * 1024

it('ends the least recently used ones that rest, and no others', async ({ expect }) => {
  const step = tuple(integer({ min: 0, max: 9 }), integer({ min: 0, max: 3 }), integer({ min: 0, max: 5 }))
  await assert(
    asyncProperty(
      array(step, { maxLength: 60 }),
      integer({ min: 1, max: 4 }),
      integer({ min: 1, max: 12 }),
      async (steps, most, mostMb) => {
        const residents = new Residents()
        residents.bound({ liveInstances: most, liveMemoryMb: mostMb })
        const states = new Map<number, 'works' | 'rests'>()
        /** MiB of those that there are. */
        const sizes = new Map<number, number>()
        const sum = (numbers: Iterable<number>) =>
          [...numbers].reduce((all, each) => all + sizes.get(each)!, 0)
        const rested: number[] = []
        const evicted: number[] = []
        const handles = Array.from({ length: 10 }, (_, number) => ({
          evict() {
            expect(states.get(number)).toBe('rests')
            expect(rested[0]).toBe(number)
            expect(states.size > most || sum(states.keys()) > mostMb).toBe(true)
            rested.shift()
            states.delete(number)
            evicted.push(number)
            residents.closed()
            residents.weigh(-sizes.get(number)! * BYTES_PER_MB)
          },
        }))
        for (const [number, act, size] of steps) {
          const state = states.get(number)
          if (state === undefined && act === 0) {
            states.set(number, 'works')
            sizes.set(number, size)
            residents.opened()
            residents.weigh(size * BYTES_PER_MB)
          } else if (state === 'works' && act === 3) {
            sizes.set(number, sizes.get(number)! + size)
            residents.weigh(size * BYTES_PER_MB)
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
          const working = [...states].flatMap(([each, now]) => (now === 'works' ? [each] : []))
          expect(residents.live).toBe(states.size)
          expect(residents.bytes).toBe(sum(states.keys()) * BYTES_PER_MB)
          expect(residents.live).toBeLessThanOrEqual(Math.max(most, working.length))
          expect(sum(states.keys())).toBeLessThanOrEqual(Math.max(mostMb, sum(working)))
        }
      },
    ),
    { numRuns: 60 },
  )
})
