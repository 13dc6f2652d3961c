/** Objects that were acknowledged survive a process that is killed. r2-crash-many.test.ts has more of the same. */
import { test } from 'vitest'

import { killWhilePutting } from './r2-crash.ts'

test('500 acknowledged objects', { timeout: 120_000 }, async ({ expect }) => {
  const { kept, lost } = await killWhilePutting(500)
  expect(kept).toBeGreaterThanOrEqual(500)
  expect(lost).toEqual([])
})
