/** The same as r2-crash.test.ts, with many. */
import { test } from 'vitest'

import { killWhilePutting } from './r2-crash.ts'

test('10,000 acknowledged objects survive a kill', { timeout: 600_000 }, async ({ expect }) => {
  const { kept, lost } = await killWhilePutting(10_000)
  expect(kept).toBeGreaterThanOrEqual(10_000)
  expect(lost).toEqual([])
})
