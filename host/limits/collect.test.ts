import { getHeapSpaceStatistics } from 'node:v8'

import { test } from 'vitest'

import { collectGarbage } from './collect.ts'

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.space_size

test('what is not needed any more goes, and the room that it had', ({ expect }) => {
  let records: object[] = []
  for (let i = 0; i < 500_000; i++) records.push({ i, text: `record ${i}` })
  const grown = youngBytes()
  records = []
  collectGarbage()
  expect(youngBytes()).toBeLessThan(grown / 4)
  expect(records).toEqual([])
})
