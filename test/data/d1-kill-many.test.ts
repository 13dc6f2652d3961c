/** D1 databases survive the end of everything, many times over. */
import { test } from 'vitest'

import { insertAndKill } from './insert-and-kill.ts'

test(
  'ten thousand inserts that were acknowledged survive kill -9',
  { timeout: 600_000 },
  async ({ expect }) => {
    const { acknowledged, missing } = await insertAndKill(10_000)
    expect(acknowledged).toBeGreaterThanOrEqual(10_000)
    expect(missing).toEqual([])
  },
)
