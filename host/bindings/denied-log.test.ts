/** Refusals are logged, but not as fast as an app can be refused. */
import { test, vi } from 'vitest'

import { EgressDenied } from '../egress/connect.ts'
import { DeniedLog } from './denied-log.ts'

test('ten lines in a second, and a word about the others', ({ expect }) => {
  const lines: string[] = []
  let told = 0
  const log = new DeniedLog((text) => {
    told++
    if (text !== undefined) lines.push(text)
  })
  const denied = new EgressDenied({ hostname: '::1', port: 80 })
  const now = vi.spyOn(performance, 'now').mockReturnValue(5000)
  for (let i = 0; i < 1000; i++) log.add(denied)
  expect(lines).toEqual(
    Array.from({ length: 10 }, () => 'EGRESS_DENIED: the address is not allowed: [::1]:80'),
  )
  now.mockReturnValue(6000)
  log.add(denied)
  log.add(denied)
  expect(lines.slice(10)).toEqual([
    'EGRESS_DENIED: the address is not allowed: [::1]:80 (and 990 more before)',
    'EGRESS_DENIED: the address is not allowed: [::1]:80',
  ])
  expect(told).toBe(1002)
  now.mockRestore()
})
