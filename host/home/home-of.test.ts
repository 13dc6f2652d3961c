import { describe, it } from 'vitest'

import { homeOf, toHomeKey } from './home-of.ts'

const SHARDS = [0, 1, 2, 3, 4, 5, 6, 7]
const APPS = Array.from({ length: 10_000 }, (_, i) => `app-${i}`)
const keys = APPS.map(toHomeKey)

function countBy(shards: readonly number[]): number[] {
  const counts = shards.map(() => 0)
  for (const key of keys) counts[shards.indexOf(homeOf(key, shards))]!++
  return counts
}

describe('a home', () => {
  it('is the same whoever asks, in whatever order they know of the shards', ({ expect }) => {
    for (const key of keys.slice(0, 500)) expect(homeOf(key, SHARDS.toReversed())).toBe(homeOf(key, SHARDS))
  })

  it('is one of the shards that there are, even if it is the only one', ({ expect }) => {
    for (const key of keys.slice(0, 500)) expect(homeOf(key, [5])).toBe(5)
  })

  it.for([2, 3, 8, 64])('of %i shards each is it for about as many apps', (shards, { expect }) => {
    const even = APPS.length / shards
    const counts = countBy(Array.from({ length: shards }, (_, i) => i))
    // five times what chance makes of it
    const most = 5 * Math.sqrt(even)
    for (const count of counts) expect(Math.abs(count - even)).toBeLessThan(most)
  })

  it('moves when its shard is gone, the others stay, and all come back with it', ({ expect }) => {
    for (const gone of SHARDS) {
      const left = SHARDS.filter((shard) => shard !== gone)
      const counts = left.map(() => 0)
      for (const key of keys) {
        const before = homeOf(key, SHARDS)
        const now = homeOf(key, left)
        if (before === gone) counts[left.indexOf(now)]!++
        else if (now !== before) throw new Error(`moved from ${before} to ${now} though ${gone} is gone`)
      }
      // to all of the others
      const moved = counts.reduce((sum, count) => sum + count, 0)
      for (const count of counts) expect(count).toBeGreaterThan(moved / left.length / 2)
    }
  })
})
