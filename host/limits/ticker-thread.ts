/** The ticker's thread (ticker.ts): writes the time, sleeps a millisecond, and does nothing else. */
import { workerData } from 'node:worker_threads'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { readEpochMs } from './epoch.ts'
import type { TickerData } from './ticker.ts'

const TICK_MS = 1

const { memories, stop } = workerData as TickerData
const clocks = memories.map((memory) => new Int32Array(memory.buffer))

do {
  const now = readEpochMs()
  for (const words of clocks) Atomics.store(words, EPOCH_WORD.now, now)
} while (Atomics.wait(stop, 0, 0, TICK_MS) === 'timed-out')
