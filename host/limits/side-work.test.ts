/** Work beside what a thread serves: all of the thread while nobody else has anything to do, a fifth of it otherwise. */
import { setTimeout as later } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { SideWork } from './side-work.ts'

/** Pieces of so many milliseconds, on a thread whose others work for as long in each iteration of its event loop. */
async function measure({
  piecesMs,
  othersMs,
  count,
}: {
  piecesMs: number[]
  othersMs: number
  count: number
}) {
  let now = 0
  let [own, others, longest, stretch] = [0, 0, 0, 0]
  let left = count
  const done = Promise.withResolvers<void>()
  const work = new SideWork(
    () => {
      if (left === 0) {
        done.resolve()
        return false
      }
      const ms = piecesMs[left-- % piecesMs.length]!
      now += ms
      own += ms
      longest = Math.max(longest, (stretch += ms))
      return true
    },
    () => now,
  )
  const other = (): void => {
    stretch = 0
    if (left === 0) return
    now += othersMs
    others += othersMs
    setImmediate(other)
  }
  setImmediate(other)
  work.begin()
  await done.promise
  return { own, others, longest }
}

describe('beside others', () => {
  for (const othersMs of [0.06, 0.4, 3, 20, 200]) {
    it(`that work for ${othersMs} ms at a time it has a fifth, and at once no more than a quarter of that, 20 ms, and a piece`, async ({
      expect,
    }) => {
      const piecesMs = [0.1, 0.2, 0.1, 1.1]
      const { own, others, longest } = await measure({ piecesMs, othersMs, count: 400 })
      expect(own / (own + others)).toBeLessThan(0.21)
      if (othersMs < 40) expect(own / (own + others)).toBeGreaterThan(0.19)
      expect(longest).toBeLessThan(Math.min(20, othersMs / 4) + 1.11)
    })
  }
})

it('pays for what others did on its account, and owes nothing for long', async ({ expect }) => {
  let now = 0
  const work = { left: 0 }
  const side = new SideWork(
    () => {
      if (work.left === 0) return false
      work.left--
      now += 0.1
      return true
    },
    () => now,
  )
  /** Rounds of the event loop, in each of which others work for a millisecond, until `count` pieces are done. */
  const rounds = async (count: number, charged = 0): Promise<number> => {
    work.left = count
    side.begin()
    for (let round = 1; ; round++) {
      now += 1
      if (round <= charged) side.charge(1)
      await new Promise(setImmediate)
      if (work.left === 0) return round
    }
  }
  const plain = await rounds(10)
  // of two milliseconds that are its own others have eight, in place of those two
  expect((await rounds(10, 2)) - plain).toBeGreaterThanOrEqual(8)
  side.charge(1000)
  now += 100
  expect(await rounds(1)).toBeLessThanOrEqual(2)
})

it('has all of a thread on which nobody else works, which comes round all the same', async ({ expect }) => {
  const { own, others, longest } = await measure({ piecesMs: [0.1], othersMs: 0, count: 100 })
  expect([own, others]).toEqual([expect.closeTo(10), 0])
  expect(longest).toBeLessThan(0.5)
})

it('begins when it is told, or soon, once', async ({ expect }) => {
  let pieces = 0
  const work = new SideWork(() => ++pieces < 3)
  work.beginLater(100_000)
  await later(5)
  expect(pieces).toBe(0)
  work.begin()
  work.begin()
  work.beginLater(1)
  expect(pieces).toBe(0)
  await expect.poll(() => pieces).toBe(3)
  await later(5)
  expect(pieces).toBe(3)
  work.beginLater(1)
  await expect.poll(() => pieces).toBe(4)
})
