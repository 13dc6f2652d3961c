/**
 * The ticker's thread (ticker.ts): says that it runs, and then writes the time and sleeps a millisecond by turns. What
 * the whole machine did not have is not counted: the time goes on by so much at a tick and no more, however long this
 * thread had to wait for it, for the guests waited too.
 */
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { ShardClock } from './shard-clock.ts'
import type { TickerData } from './ticker.ts'

const TICK_MS = 1

/** The most that a tick counts. */
const LONGEST_MS = 5

const { memories, stop } = workerData as TickerData
const clocks = memories.map((memory) => new ShardClock(memory))
let last = readMs()

tick()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
parentPort?.postMessage('ticks')

do tick()
while (Atomics.wait(stop, 0, 0, TICK_MS) === 'timed-out')

function tick(): void {
  const now = readMs()
  const elapsed = Math.min(now - last, LONGEST_MS)
  last = now
  for (const clock of clocks) clock.advance(elapsed)
}

/** Whole milliseconds of a clock that never goes back. */
function readMs(): number {
  return Math.floor(performance.now())
}
