/**
 * The ticker's thread (ticker.ts): says that it runs, and then writes the time and sleeps by turns. What the whole machine
 * did not have is not counted: the time goes on by so much at a tick and no more, however long this thread had to wait for
 * it, for the guests waited too.
 *
 *     ticking: a millisecond each  --no turn for a while-->  napping  --a turn rings the bell-->  ticking
 */
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { BELL } from './epoch.ts'
import { ShardClock } from './shard-clock.ts'
import type { TickerData } from './ticker.ts'

const TICK_MS = 1

/** The most that a tick counts. */
const LONGEST_MS = 5

/** So many ticks without a turn, and it naps. */
const PATIENCE = 100

/** A nap ends sooner when a turn begins. Whoever watches a shard sees that time passes. */
const NAP_MS = 250

const { memories, bell } = workerData as TickerData
const clocks = memories.map((memory) => new ShardClock(memory))
let last = readMs()
let unwanted = 0

// one that died may have napped
Atomics.compareExchange(bell, 0, BELL.naps, BELL.ticks)
tick()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
parentPort?.postMessage('ticks')

while (Atomics.load(bell, 0) !== BELL.over) {
  if (unwanted < PATIENCE) {
    Atomics.wait(bell, 0, BELL.ticks, TICK_MS)
    tick()
  } else nap()
}

function tick(): void {
  const elapsed = Math.min(toElapsed(), LONGEST_MS)
  for (const clock of clocks) clock.advance(elapsed)
  unwanted = isWanted() ? 0 : unwanted + 1
}

function nap(): void {
  Atomics.compareExchange(bell, 0, BELL.ticks, BELL.naps)
  // a turn that began before that did not ring
  let wanted = isWanted()
  if (!wanted) {
    Atomics.wait(bell, 0, BELL.naps, NAP_MS)
    wanted = isWanted()
  }
  if (wanted) unwanted = 0
  Atomics.compareExchange(bell, 0, BELL.naps, BELL.ticks)
  const elapsed = Math.min(toElapsed(), NAP_MS + LONGEST_MS)
  for (const clock of clocks) clock.rest(elapsed)
}

/** Whether any shard has had a turn since this was asked last. */
function isWanted(): boolean {
  // each of them has to be asked
  return clocks.filter((clock) => clock.isWanted()).length > 0
}

/** Since this was asked last. */
function toElapsed(): number {
  const before = last
  last = readMs()
  return last - before
}

/** Whole milliseconds of a clock that never goes back. */
function readMs(): number {
  return Math.floor(performance.now())
}
