/** What was acknowledged survives a process that is killed. test/data/crash-many.test.ts has more of the same. */
import { test } from 'vitest'

import { killWhileWriting } from '../harness/crash.ts'
import { WRITERS } from './writers.ts'

test.for(WRITERS)(
  '500 acknowledged $what survive a kill',
  { timeout: 120_000 },
  async (writer, { expect }) => {
    const { kept, lost } = await killWhileWriting(writer, 500, 1)
    expect(kept).toBeGreaterThanOrEqual(500)
    expect(lost).toEqual([])
  },
)
