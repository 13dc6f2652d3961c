/**
 * One shard's clock, as the ticker keeps it (ticker.ts). It goes on with the time of day, but reaches the deadline of a
 * turn only when the shard's thread has had so much processor time: a guest is not stopped for what others took.
 *
 *     turn seen once  >  seen again: a long one, measured from here  >  deadline reached: had it the time?
 *                                                                         yes, or nobody knows  >  stopped
 *                                                                         no  >  the clock stays behind by what is missing
 */
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { ThreadTime } from './thread-time.ts'

/** What is read of a thread's processor time may be late by so much. */
const GRAIN_MS = 5

/** The clock stays behind for no longer than so many times what the turn may take: a thread that stands still is no guest. */
const MOST_HELD = 10

/** A deadline that is further ahead is nobody's: no guest runs. */
const FAR_MS = 2 ** 30

/** What is known of the turn that runs. */
interface Turn {
  /** The word that tells it from others. */
  readonly deadline: number
  /** The clock when it was measured first, and the thread's processor time. */
  from: { readonly now: number; readonly usedMs: number } | undefined
  /** How long the clock has stayed behind. */
  heldMs: number
}

/** One shard's clock. */
export class ShardClock {
  readonly #words: Int32Array
  #thread = new ThreadTime(0)
  #turn: Turn | undefined

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer)
  }

  /** So many milliseconds have passed. */
  advance(ms: number): void {
    const now = this.#words[EPOCH_WORD.now]!
    const deadline = Atomics.load(this.#words, EPOCH_WORD.deadline)
    const left = (deadline - now) | 0
    const isRunning = left > 0 && left < FAR_MS
    const step = isRunning && this.#isLong(deadline, now) && left <= ms ? this.#toStep(left, ms) : ms
    Atomics.store(this.#words, EPOCH_WORD.now, (now + step) | 0)
  }

  /** Whether the turn was here before. */
  #isLong(deadline: number, now: number): boolean {
    if (this.#turn?.deadline !== deadline) {
      this.#turn = { deadline, from: undefined, heldMs: 0 }
      return false
    }
    if (this.#turn.from === undefined) {
      const usedMs = this.#read()
      if (usedMs !== undefined) this.#turn.from = { now, usedMs }
    }
    return true
  }

  /** How far the clock goes that would reach the deadline. */
  #toStep(left: number, ms: number): number {
    const turn = this.#turn
    const from = turn?.from
    const usedMs = from && this.#read()
    if (turn === undefined || from === undefined || usedMs === undefined) return ms
    const wanted = (turn.deadline - from.now) | 0
    const missing = Math.ceil(wanted - (usedMs - from.usedMs) - GRAIN_MS)
    if (missing <= 0 || turn.heldMs > wanted * MOST_HELD) return ms
    const step = left - missing
    turn.heldMs += ms - step
    return step
  }

  #read(): number | undefined {
    const id = this.#words[EPOCH_WORD.thread]!
    if (id !== this.#thread.id) {
      this.#thread[Symbol.dispose]()
      this.#thread = new ThreadTime(id)
    }
    return this.#thread.readMs()
  }
}
