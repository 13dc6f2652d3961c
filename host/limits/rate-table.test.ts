import { Worker } from 'node:worker_threads'

import { describe, test } from 'vitest'

import { createRateTable, RateTable } from './rate-table.ts'

const RULE = { limit: 3, periodS: 10 }
const bytes = (key: string): Uint8Array => Buffer.from(key)

describe('RateTable', () => {
  test('lets a key do something so often within its period, and again in the next', ({ expect }) => {
    let now = 1000
    const table = new RateTable(createRateTable(), () => now)
    const take = (key: string) => table.take(bytes(key), RULE, 1)
    expect([1, 2, 3, 4].map(() => take('a'))).toEqual([true, true, true, false])
    expect(take('b')).toBe(true)
    now += 99
    expect(take('a')).toBe(false)
    now += 1
    expect([1, 2, 3, 4].map(() => take('a'))).toEqual([true, true, true, false])
  })

  test('counts by delta, which may lead beyond the limit', ({ expect }) => {
    const table = new RateTable(createRateTable())
    expect([2, 2, 1].map((delta) => table.take(bytes('a'), RULE, delta))).toEqual([true, true, false])
  })

  test('counts periods of one key apart', ({ expect }) => {
    const table = new RateTable(createRateTable())
    expect(table.take(bytes('a'), { limit: 1, periodS: 60 }, 1)).toBe(true)
    expect(table.take(bytes('a'), { limit: 1, periodS: 10 }, 1)).toBe(true)
    expect(table.take(bytes('a'), { limit: 1, periodS: 60 }, 1)).toBe(false)
  })

  test('holds what is at its limit through a flood of other keys, in the memory that it has', ({
    expect,
  }) => {
    const memory = createRateTable()
    const table = new RateTable(memory)
    while (table.take(bytes('a'), RULE, 1));
    for (let i = 0; i < 200_000; i++) table.take(bytes(`flood ${i}`), RULE, 1)
    expect(table.take(bytes('a'), RULE, 1)).toBe(false)
    expect(table.take(bytes('somebody else'), RULE, 1)).toBe(true)
    expect(memory.byteLength).toBeLessThan(300_000)
  })

  test('loses no step of threads that count at once', async ({ expect }) => {
    const memory = createRateTable()
    const limit = 10_000
    const script = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(workerData.module).then(({ RateTable }) => {
        const table = new RateTable(workerData.memory)
        let taken = 0
        for (let i = 0; i < ${limit}; i++) if (table.take(Buffer.from('a'), { limit: ${limit}, periodS: 60 }, 1)) taken++
        parentPort.postMessage(taken)
      })`
    const module = new URL('rate-table.ts', import.meta.url).href
    const counts = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<number>((resolve, reject) => {
            const worker = new Worker(script, { eval: true, workerData: { memory, module } })
            worker.once('message', resolve).once('error', reject)
          }),
      ),
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(limit)
  })
})
