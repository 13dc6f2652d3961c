/**
 * What requests leave behind is gone with the next collection of the young generation. It is not where tables of a Map or a
 * Set hold it: the second test says so of them, so that the first one can be believed, and is the one to drop when V8
 * does better.
 */
import { getHeapSpaceStatistics } from 'node:v8'
import { it } from 'vitest'
import { Chain, Link } from './chain.ts'
import { collectGarbage } from './collect.ts'
import { NumberTable } from './number-table.ts'

/** Of each thing; so many are in at once, and so many come and go. */
const [BYTES, AT_ONCE, ALL] = [2000, 8, 25_000]

class Thing extends Link {
  readonly number: number
  readonly payload: readonly number[]

  constructor(number: number) {
    super()
    this.number = number
    this.payload = Array.from({ length: BYTES / 8 }, () => number)
  }
}

interface Kept {
  add(thing: Thing): void
  delete(thing: Thing): void
}

/** Megabytes that came to the old generation while things came and went, and had no collection of it. */
function toKeptMb(kept: Kept): number {
  const used = (): number => {
    const old = getHeapSpaceStatistics().filter(({ space_name: name }) => name.startsWith('old'))
    return old.reduce((sum, space) => sum + space.space_used_size, 0) / 1e6
  }
  const line: Thing[] = []
  const go = (from: number, to: number): void => {
    for (let number = from; number < to; number++) {
      const thing = new Thing(number)
      line.push(thing)
      kept.add(thing)
      if (line.length > AT_ONCE) kept.delete(line.shift()!)
    }
  }
  go(0, 100)
  collectGarbage()
  const before = used()
  let most = 0
  for (let number = 100; number < ALL; number += 1000) {
    go(number, number + 1000)
    most = Math.max(most, used() - before)
  }
  return most
}

it('nothing of what has left a chain or a table is kept', ({ expect }) => {
  const chain = new Chain<Thing>()
  const table = new NumberTable<Thing>()
  const most = toKeptMb({
    add(thing) {
      chain.add(thing)
      table.set(thing.number, thing)
    },
    delete(thing) {
      chain.delete(thing)
      table.delete(thing.number)
    },
  })
  expect(most).toBeLessThan(2)
})

it('of what has left a Set much is', ({ expect }) => {
  expect(toKeptMb(new Set<Thing>())).toBeGreaterThan(5)
})
