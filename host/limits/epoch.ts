/**
 * A shard's clock and deadline, in the memory that every engine of the shard looks at (wasm/epoch.ts). One turn runs at a
 * time in a shard, so one deadline is enough.
 *
 *     word       written by
 *     now        the ticker: milliseconds from wherever it began, in a circle of 32 bits
 *     deadline   the shard: NOBODY  --begin-->  a moment on that clock, in a circle of 31 bits  --end-->  NOBODY
 *                the ticker:                    the same moment  --it has come-->  EXPIRED  --end-->  NOBODY
 *     turns      the shard, with each turn
 *     passed     the ticker: as `now`, and in its naps, in which that rests
 *
 * The ticker writes a moment before it replaces the deadlines that it meets, and replaces a deadline only if that is still
 * the one that it has read. So what it hits is the turn that it has seen, or one of the same deadline: a turn that begins
 * behind the moment has a later one.
 *
 * A ticker that nobody needs naps. The shard says that a turn has begun, and then looks whether it has to wake it; the
 * ticker says that it naps, and then looks whether a turn has begun. So one of them sees the other.
 */
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { readThreadId } from './thread-time.ts'

/** Deadlines that are none. */
export const NOBODY = 2 ** 31 - 1
const EXPIRED = -1

/** The furthest that a deadline can be ahead: more than that cannot be told from one that has passed. */
const FAR_MS = 2 ** 30 - 1

/** The millisecond that has begun, and the one by which the time that is written may be late. */
const UNCOUNTED_MS = 2

/** What the bell of a ticker says: whether it writes the time, and how often. */
export const BELL = { ticks: 0, naps: 1, over: 2 } as const

/** What the ticker and a shard have in common; can be posted to a thread. */
export interface SharedEpoch {
  /** What the shard's engines look at. */
  readonly memory: WebAssembly.Memory
  /** One word, the ticker's own. */
  readonly bell: Int32Array<SharedArrayBuffer>
}

export function createBell(): SharedEpoch['bell'] {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

export function createEpoch(bell = createBell()): SharedEpoch {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  new Int32Array(memory.buffer)[EPOCH_WORD.deadline] = NOBODY
  return { memory, bell }
}

/** How long a turn still has; undefined when none runs on time. */
export function toLeft(deadline: number, now: number): number | undefined {
  if (deadline === NOBODY || deadline < 0) return undefined
  return ((deadline - now) << 1) >> 1
}

/** The turn with this deadline ends, if it is the one that runs. For the ticker, when the time is written. */
export function expire(words: Int32Array, deadline: number): void {
  Atomics.compareExchange(words, EPOCH_WORD.deadline, deadline, EXPIRED)
}

/** The side of the shard, on whose thread it is made. Without a ticker the time stands still and nothing is ever stopped. */
export class Epoch {
  readonly memory: WebAssembly.Memory
  readonly #words: Int32Array
  readonly #bell: Int32Array

  constructor({ memory, bell } = createEpoch()) {
    this.memory = memory
    this.#words = new Int32Array(memory.buffer)
    this.#bell = bell
    this.#words[EPOCH_WORD.thread] = readThreadId()
    this.end()
  }

  /** From here on the guest may run for so many milliseconds. */
  begin(ms: number): void {
    const words = this.#words
    words[EPOCH_WORD.turns]!++
    const ahead = Math.min(Math.ceil(ms) + UNCOUNTED_MS, FAR_MS)
    const deadline = (Atomics.load(words, EPOCH_WORD.now) + ahead) & NOBODY
    Atomics.store(words, EPOCH_WORD.deadline, deadline === NOBODY ? 0 : deadline)
    if (Atomics.load(this.#bell, 0) === BELL.naps) this.#ring()
  }

  /** The guest was left: nothing runs on time any more. */
  end(): void {
    Atomics.store(this.#words, EPOCH_WORD.deadline, NOBODY)
  }

  /** Whether a guest that trapped since `begin` saw its deadline pass. Ask before `end`. */
  isOver(): boolean {
    return Atomics.load(this.#words, EPOCH_WORD.deadline) === EXPIRED
  }

  #ring(): void {
    Atomics.compareExchange(this.#bell, 0, BELL.naps, BELL.ticks)
    Atomics.notify(this.#bell, 0)
  }
}
