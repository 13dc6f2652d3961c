/** The same as crash.test.ts, with many, and some kills. */
import { test } from 'vitest'

import { killWhileWriting } from '../harness/crash.ts'
import { WRITERS } from './writers.ts'

test.for(WRITERS)(
  '10,000 acknowledged $what survive kills',
  { timeout: 600_000 },
  async (writer, { expect }) => {
    const { kept, lost } = await killWhileWriting(writer, 10_000, 4)
    expect(kept).toBeGreaterThanOrEqual(10_000)
    expect(lost).toEqual([])
  },
)
