/** The real thread: it writes the time, it comes back, and it goes. */
import type { Worker } from 'node:worker_threads'
import { describe, it } from 'vitest'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { Ticker } from './ticker.ts'

/** Threads that are started while `run` goes on. */
async function watchThreads<T>(run: (threads: Worker[]) => Promise<T>): Promise<T> {
  const threads: Worker[] = []
  const onWorker = (thread: Worker): void => void threads.push(thread)
  process.on('worker', onWorker)
  try {
    return await run(threads)
  } finally {
    process.off('worker', onWorker)
  }
}

function read(ticker: Ticker, index = 0): number {
  return new Int32Array(ticker.memories[index]!.buffer)[EPOCH_WORD.now]!
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

describe('a ticker', () => {
  it('writes the time into every memory when it is ready', async ({ expect }) => {
    using ticker = new Ticker(3, () => undefined)
    await ticker.ready
    const first = [0, 1, 2].map((index) => read(ticker, index))
    const passed = (): number => Math.min(...first.map((now, index) => read(ticker, index) - now))
    await expect.poll(passed).toBeGreaterThan(20)
  })

  it('is started again when its thread dies, each time', async ({ expect }) => {
    await watchThreads(async (threads) => {
      const deaths: unknown[] = []
      using ticker = new Ticker(1, (cause) => deaths.push(cause))
      await ticker.ready
      for (let i = 1; i <= 2; i++) {
        await threads.at(-1)!.terminate()
        expect(deaths).toHaveLength(i)
        const stopped = read(ticker)
        await expect.poll(() => read(ticker) - stopped, { timeout: 5000 }).toBeGreaterThan(20)
        expect(threads).toHaveLength(i + 1)
      }
    })
  })

  it('ends its thread when it is disposed of, and that is no death', async ({ expect }) => {
    await watchThreads(async (threads) => {
      const deaths: unknown[] = []
      const ticker = new Ticker(1, (cause) => deaths.push(cause))
      await ticker.ready
      const gone = new Promise((resolve) => threads[0]!.once('exit', resolve))
      ticker[Symbol.dispose]()
      threads[0]!.ref()
      expect(await gone).toBe(0)
      await later(300)
      expect([deaths, threads.length]).toEqual([[], 1])
    })
  })
})
