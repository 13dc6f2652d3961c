/** The real thread: it writes the time, it comes back, and it goes. */
import type { Worker } from 'node:worker_threads'
import { describe, it } from 'vitest'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { BELL, Epoch } from './epoch.ts'
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
  return new Int32Array(ticker.epochs[index]!.memory.buffer)[EPOCH_WORD.passed]!
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

  it('naps when no shard has turns, and wakes for the next one', async ({ expect }) => {
    using ticker = new Ticker(2, () => undefined)
    await ticker.ready
    const epoch = new Epoch(ticker.epochs[1])
    const words = new Int32Array(epoch.memory.buffer)
    const { bell } = ticker.epochs[1]!
    for (let round = 0; round < 3; round++) {
      await expect.poll(() => Atomics.load(bell, 0), { interval: 1 }).toBe(BELL.naps)
      // it wakes now and then, and the deadlines come no closer
      const [now, passed] = [words[EPOCH_WORD.now]!, words[EPOCH_WORD.passed]!]
      const [first, seen] = [read(ticker), new Set<number>()]
      while (words[EPOCH_WORD.passed]! - passed < 1000) {
        seen.add(words[EPOCH_WORD.passed]!)
        await later(1)
      }
      expect(words[EPOCH_WORD.now]).toBe(now)
      expect(read(ticker) - first).toBeGreaterThanOrEqual(1000)
      expect(seen.size).toBeLessThan(10)
      // a turn has its time from its beginning on, and no more
      epoch.begin(20)
      expect(bell[0]).toBe(BELL.ticks)
      while (!epoch.isOver()) await later(1)
      expect(words[EPOCH_WORD.now]! - now).toBeGreaterThanOrEqual(20)
      epoch.end()
    }
  })

  it('does not nap while a turn runs, or many short ones do', async ({ expect }) => {
    using ticker = new Ticker(1, () => undefined)
    await ticker.ready
    const epoch = new Epoch(ticker.epochs[0])
    const { bell } = ticker.epochs[0]!
    const states = new Set<number>()
    const watch = async (isTurn: () => void): Promise<void> => {
      const from = read(ticker)
      while (read(ticker) - from < 500) {
        isTurn()
        states.add(bell[0]!)
        await later(1)
      }
    }
    epoch.begin(60_000)
    await watch(() => undefined)
    epoch.end()
    await watch(() => {
      epoch.begin(100)
      epoch.end()
    })
    expect(states).toEqual(new Set([BELL.ticks]))
  })
})
