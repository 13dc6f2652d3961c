/** The same as crash.test.ts, with many. */
import { test } from 'vitest'

import { killWhilePutting } from './kv-crash.ts'

test('10,000 acknowledged puts survive a kill', { timeout: 600_000 }, async ({ expect }) => {
  const { kept, lost } = await killWhilePutting(10_000)
  expect(kept).toBeGreaterThanOrEqual(10_000)
  expect(lost).toEqual([])
})
