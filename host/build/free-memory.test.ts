import { expect, test } from 'vitest'

import { clearFreeMemory, findFree } from './free-memory.ts'

const PAGE = 65_536
const HEAP = 1024
const DIRT = 0xaa

/** A heap of these chunks, the rest of the page being the top. Everything that is not a chunk's head is dirt. */
function createHeap(chunks: readonly { size: number; free?: boolean }[]): Uint8Array<ArrayBuffer> {
  const memory = new Uint8Array(PAGE).fill(DIRT, HEAP)
  const words = new Uint32Array(memory.buffer)
  let previous = 1
  let at = HEAP
  const put = (size: number, free: boolean): void => {
    words[at / 4 + 1] = size | previous | (free ? 0 : 2)
    if (free) words[(at + size) / 4] = size
    previous = free ? 0 : 1
    at += size
  }
  for (const { size, free = false } of chunks) put(size, free)
  put(PAGE - at - 56, true)
  words[at / 4 + 1] = 56
  return memory
}

test('what is free is overwritten, but for the links of its lists; what is in use is not', () => {
  const memory = createHeap([{ size: 64 }, { size: 128, free: true }, { size: 64 }])
  const before = memory.slice()
  expect(clearFreeMemory(memory, 1000)).toBe(2)
  const used = [HEAP + 64 + 32, HEAP + 64 + 128] as const
  expect(memory.subarray(0, used[0])).toEqual(before.subarray(0, used[0]))
  expect(memory.subarray(...used).every((byte) => byte === 0)).toBe(true)
  expect(memory.subarray(used[1], HEAP + 256)).toEqual(before.subarray(used[1], HEAP + 256))
  const top = HEAP + 256
  expect(memory.subarray(top + 32, PAGE - 56).every((byte) => byte === 0)).toBe(true)
  expect(memory.subarray(PAGE - 56)).toEqual(before.subarray(PAGE - 56))
})

test.each([
  ['a size that leads out of the memory', 4, PAGE],
  ['a size of nothing', 4, 3],
  ['a chunk in use behind which one says that it is free', 4, 64 | 1],
])('a heap with %s is left alone', (_, offset, head) => {
  const memory = createHeap([{ size: 64 }, { size: 128, free: true }, { size: 64 }])
  new DataView(memory.buffer).setUint32(HEAP + offset, head, true)
  // nothing behind it is in doubt, but nothing may begin there either
  for (let at = HEAP + 8; at < PAGE; at += 8) memory[at + 4] = 4
  const before = memory.slice()
  expect(clearFreeMemory(memory, HEAP)).toBe(0)
  expect(memory).toEqual(before)
})

test('memory without a heap has nothing that is free', () => {
  expect(findFree(new Uint8Array(PAGE), 0)).toEqual([])
})

test('what is behind the head of an empty arena is overwritten, whatever else looks like one is not', () => {
  const ARENA = 2064
  const chunks = Array.from({ length: 8 }, () => ({ size: ARENA }))
  const memory = createHeap(chunks)
  const words = new Uint32Array(memory.buffer)
  const toContent = (index: number): number => HEAP + index * ARENA + 8
  const put = (index: number, next: number, first: number, length: number): void => {
    const at = toContent(index)
    words.set([next, at + first, at + length], at / 4)
  }
  put(0, toContent(1), 16, 2048)
  put(1, 0, 16, 2048)
  // in use, of another size, pointing elsewhere, with another head
  put(2, 0, 24, 2048)
  put(3, 0, 16, 1024)
  put(4, toContent(1) + 8, 16, 2048)
  put(5, 0, 12, 2048)
  put(6, 0, 16, 2061)
  const before = memory.slice()
  expect(clearFreeMemory(memory, 1000)).toBe(3)
  for (const index of [0, 1]) {
    const [from, to] = [toContent(index) + 16, toContent(index) + 2048]
    expect(memory.subarray(from, to).every((byte) => byte === 0)).toBe(true)
    before.fill(0, from, to)
  }
  const end = toContent(8) - 8
  expect(memory.subarray(0, end)).toEqual(before.subarray(0, end))
})
