/** D1 databases survive the end of everything. */
import { test } from 'vitest'

import { insertAndKill } from './insert-and-kill.ts'

test(
  'five hundred inserts that were acknowledged survive kill -9',
  { timeout: 120_000 },
  async ({ expect }) => {
    const { acknowledged, missing } = await insertAndKill(500)
    expect(acknowledged).toBeGreaterThanOrEqual(500)
    expect(missing).toEqual([])
  },
)
