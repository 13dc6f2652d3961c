import { expect, test } from 'vitest'

import { exposeRejections } from './rejections.ts'

const OBJECT_TAG = 0xff_ff_ff_8c
const [PLACE, SET, ROOTED, SHAPE, LINK, OTHER_LINK] = [1024, 2048, 2080, 4096, 8192, 8256]

/** A memory with a place that holds a set, and `roots` links of the list of roots that refer to another one. */
function makeMemory(roots: readonly number[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(4096)
  const put = (address: number, ...values: number[]) => words.set(values, address / 4)
  const numbers = new Float64Array([Math.PI * 1e100, Math.E * 1e100])
  const marks = new Uint32Array(numbers.buffer)
  put(PLACE, marks[0] as number, marks[1] as number, SET, OBJECT_TAG, marks[2] as number, marks[3] as number)
  put(SET, SHAPE)
  put(ROOTED, SHAPE)
  for (const link of roots) {
    const [next, previous] = [link + 16, link + 32]
    put(link, next, previous, 0, ROOTED)
    put(next + 4, link)
    put(previous, link)
  }
  return words
}

const readPlace = (words: Uint32Array) => words[(PLACE + 8) / 4]

test('the place gets the set that a root refers to', () => {
  const words = makeMemory([LINK])
  expect(exposeRejections(words.buffer)).toBe(true)
  expect(readPlace(words)).toBe(ROOTED)
})

test.for([[], [LINK, OTHER_LINK]])('with other than one such root nothing is changed: %j', (roots) => {
  const words = makeMemory(roots)
  expect(exposeRejections(words.buffer)).toBe(false)
  expect(readPlace(words)).toBe(SET)
})

test('a pointer that is no link of a list is no root', () => {
  const words = makeMemory([])
  words[LINK / 4] = ROOTED
  expect(exposeRejections(words.buffer)).toBe(false)
})

test('a memory without the place is left alone', () => {
  expect(exposeRejections(new ArrayBuffer(4096))).toBe(false)
})
