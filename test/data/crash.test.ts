/** What was acknowledged survives a process that is killed. test/data/crash-many.test.ts has more of the same. */
import { test } from 'vitest'

import { killWhilePutting } from './kv-crash.ts'

test('500 acknowledged puts', { timeout: 120_000 }, async ({ expect }) => {
  const { kept, lost } = await killWhilePutting(500)
  expect(kept).toBeGreaterThanOrEqual(500)
  expect(lost).toEqual([])
})
