/** An upload is handed over at the pace of the far side, however the guest cuts up its bytes. */
import { describe, test } from 'vitest'

import { Upload } from './upload.ts'

const ONE = new Uint8Array(1)
const NOTHING = new Uint8Array(0)
const HIGH_WATER = 64 * 1024

/** The far side, and what the upload says to its fetch. */
function open(first: Uint8Array = NOTHING) {
  let moves = 0
  const upload: Upload = new Upload(first, () => moves++)
  return { upload, reader: upload.stream.getReader(), moves: () => moves }
}

describe('an upload', () => {
  test('joins what waits, and takes no notice of nothing', async ({ expect }) => {
    const { upload, reader } = open(ONE)
    for (let i = 0; i < 1000; i++) {
      expect(upload.write(ONE)).toBe(true)
      upload.write(NOTHING)
    }
    upload.finish()
    expect((await reader.read()).value?.length).toBe(1001)
    expect((await reader.read()).done).toBe(true)
    expect(upload.cost).toBe(0)
  })

  test('waits within the turn, and goes on after it when the far side has asked', async ({ expect }) => {
    const { upload, reader, moves } = open()
    const read = reader.read()
    await Promise.resolve()
    upload.write(ONE)
    upload.write(ONE)
    expect(moves()).toBe(0)
    upload.flow()
    expect([(await read).value?.length, moves()]).toEqual([2, 1])
  })

  test('tells the guest to wait, and once that it may go on', async ({ expect }) => {
    const { upload, reader } = open()
    expect(upload.write(new Uint8Array(HIGH_WATER))).toBe(false)
    expect(upload.write(ONE)).toBe(false)
    expect([upload.owesWritable, upload.takeWritable()]).toEqual([true, false])
    await reader.read()
    expect([upload.takeWritable(), upload.takeWritable(), upload.owesWritable]).toEqual([true, false, false])
  })

  test('that the far side does not want is over, and its guest need not wait', async ({ expect }) => {
    const { upload, reader, moves } = open()
    upload.write(new Uint8Array(HIGH_WATER))
    await reader.cancel()
    expect([upload.isOpen, upload.cost, moves(), upload.takeWritable()]).toEqual([false, 0, 1, true])
  })
})
