import { test } from 'vitest'

import { toFrame } from './frame.ts'

test.for([
  [0, [0]],
  [125, [125]],
  [126, [126, 0, 126]],
  [65_535, [126, 255, 255]],
  [65_536, [127, 0, 0, 0, 0, 0, 1, 0, 0]],
] as const)('a message of %i bytes', ([length, lengths], { expect }) => {
  for (const isText of [true, false]) {
    const message = { isText, bytes: new Uint8Array(length).fill(97) }
    const frame = Buffer.concat(toFrame(message))
    expect([...frame.subarray(0, frame.length - length)]).toEqual([isText ? 0x81 : 0x82, ...lengths])
    expect(frame.subarray(frame.length - length).equals(message.bytes)).toBe(true)
    expect(toFrame(message)).toBe(toFrame(message))
  }
})
