/** How many requests share a turn. */
import { it } from 'vitest'
import { BatchSize } from './batch.ts'

/** After so many turns of one request each. */
function after(turns: number, requestMs: number): BatchSize {
  const batch = new BatchSize()
  for (let i = 0; i < turns; i++) batch.took(batch.size, batch.size * requestMs)
  return batch
}

it('begins with one, and grows to what fits into a short turn', ({ expect }) => {
  expect(new BatchSize().size).toBe(1)
  expect([0.02, 0.5, 1, 2, 15, 150].map((ms) => after(60, ms).size)).toEqual([32, 7, 3, 1, 1, 1])
})

it('shrinks at once when requests take longer, and grows again by and by', ({ expect }) => {
  const batch = after(60, 0.02)
  batch.took(32, 32 * 40)
  expect(batch.size).toBe(1)
  batch.took(1, 0.02)
  expect(batch.size).toBe(1)
  for (let i = 0; i < 60; i++) batch.took(1, 0.02)
  expect(batch.size).toBe(32)
})
