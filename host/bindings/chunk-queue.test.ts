/** Chunks come out as they went in, byte for byte, in no more pieces than their bytes need. */
import { array, assert, nat, oneof, option, property } from 'fast-check'
import { describe, test } from 'vitest'

import { QUEUED_COST } from '../limits/byte-budget.ts'
import { ChunkQueue } from './chunk-queue.ts'

const MIB = 1024 * 1024
const ONE = new Uint8Array(1)

describe('a queue of chunks', () => {
  test('gives back the bytes that were pushed, in order, and costs nothing when it is empty', ({
    expect,
  }) => {
    const size = oneof(nat(3), nat(20_000))
    assert(
      property(array(option(size), { maxLength: 60 }), (steps) => {
        const queue = new ChunkQueue()
        const pushed: number[] = []
        const taken: number[] = []
        let waiting = 0
        let next = 0
        // null takes one
        for (const length of steps) {
          if (length === null) {
            const chunk = queue.shift()
            expect(chunk?.length).not.toBe(0)
            waiting -= chunk?.length ?? 0
            taken.push(...(chunk ?? []))
          } else {
            const chunk = Uint8Array.from({ length }, () => next++ % 251)
            pushed.push(...chunk)
            waiting += length
            queue.push(chunk)
          }
          expect(queue.bytes).toBe(waiting)
          expect(queue.cost).toBeGreaterThanOrEqual(waiting)
        }
        for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) taken.push(...chunk)
        expect(taken).toEqual(pushed)
        expect([queue.bytes, queue.cost]).toEqual([0, 0])
      }),
      { numRuns: 50 },
    )
  })

  test('an empty chunk is nothing', ({ expect }) => {
    const queue = new ChunkQueue()
    for (let i = 0; i < 1000; i++) queue.push(new Uint8Array(0))
    expect([queue.cost, queue.shift()]).toEqual([0, undefined])
  })

  test('a mebibyte byte by byte costs little more than a mebibyte', ({ expect }) => {
    const queue = new ChunkQueue()
    for (let i = 0; i < MIB; i++) queue.push(ONE)
    expect(queue.cost).toBeLessThan(1.1 * MIB)
    let pieces = 0
    while (queue.shift() !== undefined) pieces++
    expect(pieces).toBe(64)
  })

  test('two chunks that follow each other are larger than a piece together', ({ expect }) => {
    const queue = new ChunkQueue()
    for (let i = 0; i < 100; i++) {
      queue.push(new Uint8Array(20_000))
      queue.push(ONE)
    }
    expect(queue.cost).toBe(100 * 20_001 + 200 * QUEUED_COST)
  })

  test('a chunk that comes alone is not copied', ({ expect }) => {
    const queue = new ChunkQueue()
    queue.push(ONE)
    expect(queue.shift()?.buffer).toBe(ONE.buffer)
  })
})
