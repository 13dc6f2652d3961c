import { it } from 'vitest'

import { toLiveInstances, toRoom } from './address-space.ts'

const toLimits = (value: string): string =>
  `Max cpu time              unlimited            unlimited            seconds\nMax address space         ${value}            unlimited            bytes\n`

it('is what V8 holds, or what a limit of the address space leaves', ({ expect }) => {
  expect(toRoom(toLimits('unlimited'))).toBe(16_000)
  expect(toRoom('')).toBe(16_000)
  expect(toRoom(toLimits(String(100 * 1024 ** 3)))).toBe(12)
  expect(toRoom(toLimits('1024'))).toBe(1)
})

it('is shared by the shards, and no more than that may be asked for', ({ expect }) => {
  expect(toLiveInstances(undefined, 2, 16_000)).toBe(2000)
  expect(toLiveInstances(undefined, 64, 16_000)).toBe(250)
  expect(toLiveInstances(8000, 2, 16_000)).toBe(8000)
  expect(() => toLiveInstances(8001, 2, 16_000)).toThrow('expected at most 8000')
})
