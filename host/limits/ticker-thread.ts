/** The ticker's thread (ticker.ts): says that it runs, and then writes the time and sleeps a millisecond by turns. */
import { parentPort, workerData } from 'node:worker_threads'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { readEpochMs } from './epoch.ts'
import type { TickerData } from './ticker.ts'

const TICK_MS = 1

const { memories, stop } = workerData as TickerData
const clocks = memories.map((memory) => new Int32Array(memory.buffer))

tick()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
parentPort?.postMessage('ticks')

do tick()
while (Atomics.wait(stop, 0, 0, TICK_MS) === 'timed-out')

function tick(): void {
  const now = readEpochMs()
  for (const words of clocks) Atomics.store(words, EPOCH_WORD.now, now)
}
