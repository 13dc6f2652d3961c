/**
 * One shard's clock, as the ticker keeps it (ticker.ts). It goes on with the time of day, but reaches the deadline of a
 * turn only when the shard's thread has had so much processor time: a guest is not stopped for what others took.
 *
 *     turn seen once  >  seen again: a long one, measured from here  >  deadline reached: had it the time?
 *                                                                         yes, or nobody knows  >  stopped
 *                                                                         no  >  the clock stays behind by what is missing
 */
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { expire, NOBODY, toLeft } from './epoch.ts'
import { ThreadTime } from './thread-time.ts'

/** What is read of a thread's processor time may be late by so much. */
const GRAIN_MS = 5

/** The clock stays behind for no longer than so many times what the turn may take: a thread that stands still is no guest. */
const MOST_HELD = 10

/** What is known of the turn that runs. */
interface Turn {
  /** Which of the shard's it is. */
  readonly number: number
  /** What it had left when it was measured first, and the thread's processor time. */
  from: { readonly left: number; readonly usedMs: number } | undefined
  /** How long the clock has stayed behind. */
  heldMs: number
}

/** One shard's clock. */
export class ShardClock {
  readonly #words: Int32Array
  #thread = new ThreadTime(0)
  #turn: Turn | undefined
  #turns = 0

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer)
  }

  /** So many milliseconds have passed. */
  advance(ms: number): void {
    const words = this.#words
    const now = words[EPOCH_WORD.now]!
    const deadline = Atomics.load(words, EPOCH_WORD.deadline)
    const left = toLeft(deadline, now)
    const step = left === undefined ? ms : this.#toStep(left, ms)
    Atomics.store(words, EPOCH_WORD.now, (now + step) | 0)
    words[EPOCH_WORD.passed]! += step
    if (left !== undefined && left <= step) expire(words, deadline)
  }

  /** So many milliseconds have passed in which no turn was to be stopped: deadlines do not come closer. */
  rest(ms: number): void {
    this.#words[EPOCH_WORD.passed]! += ms
  }

  /** Whether a turn runs or has run since this was asked last. */
  isWanted(): boolean {
    const turns = this.#words[EPOCH_WORD.turns]!
    const isWanted = turns !== this.#turns || Atomics.load(this.#words, EPOCH_WORD.deadline) !== NOBODY
    this.#turns = turns
    return isWanted
  }

  /** How far the clock goes when the turn that runs has so much left. */
  #toStep(left: number, ms: number): number {
    const turn = this.#toTurn(left)
    if (turn?.from === undefined || left > ms) return ms
    const usedMs = this.#read()
    if (usedMs === undefined) return ms
    const missing = Math.ceil(turn.from.left - (usedMs - turn.from.usedMs) - GRAIN_MS)
    if (missing <= 0 || turn.heldMs > turn.from.left * MOST_HELD) return ms
    const step = left - missing
    turn.heldMs += ms - step
    return step
  }

  /** The turn that runs, if it is here for the second time at least. */
  #toTurn(left: number): Turn | undefined {
    const number = this.#words[EPOCH_WORD.turns]!
    if (this.#turn?.number !== number) {
      this.#turn = { number, from: undefined, heldMs: 0 }
      return undefined
    }
    if (this.#turn.from === undefined) {
      const usedMs = this.#read()
      if (usedMs !== undefined) this.#turn.from = { left, usedMs }
    }
    return this.#turn
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
