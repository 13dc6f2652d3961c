import { test } from 'vitest'

import { Largest } from './largest.ts'

test('the largest of what is there, equal ones counted', ({ expect }) => {
  const largest = new Largest()
  expect(largest.value).toBe(0)
  for (const number of [3, 7, 7, 5]) largest.add(number)
  expect(largest.value).toBe(7)
  largest.remove(7)
  expect(largest.value).toBe(7)
  largest.remove(7)
  expect(largest.value).toBe(5)
  for (const number of [3, 5]) largest.remove(number)
  expect(largest.value).toBe(0)
})
