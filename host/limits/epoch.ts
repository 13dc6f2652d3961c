/**
 * A shard's clock and deadline, in the memory that every engine of the shard looks at (wasm/epoch.ts). One turn runs
 * at a time in a shard, so one deadline is enough. The ticker writes the time, in milliseconds from wherever it began;
 * the shard writes the deadline on that clock; a turn that runs beyond it ends in a trap.
 */
import { EPOCH_WORD } from '../wasm/epoch.ts'
import { readThreadId } from './thread-time.ts'

/** How far ahead a deadline is that nobody meets: words count in a circle, and this is half of it. */
const FAR_MS = 2 ** 31 - 1

/** The millisecond that has begun, and the one by which the time that is written may be late. */
const UNCOUNTED_MS = 2

/** The memory that one shard's engines look at; can be posted to a thread. */
export function createEpochMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
}

/** The side of the shard, on whose thread it is made. Without a ticker the time stands still and nothing is ever stopped. */
export class Epoch {
  readonly memory: WebAssembly.Memory
  readonly #words: Int32Array

  constructor(memory = createEpochMemory()) {
    this.memory = memory
    this.#words = new Int32Array(memory.buffer)
    this.#words[EPOCH_WORD.thread] = readThreadId()
    this.end()
  }

  /** From here on the guest may run for so many milliseconds. */
  begin(ms: number): void {
    this.#setDeadline(Math.ceil(ms) + UNCOUNTED_MS)
  }

  /** The guest was left: nothing runs on time any more. */
  end(): void {
    this.#setDeadline(FAR_MS)
  }

  /** Whether a guest that trapped since `begin` saw its deadline pass. Ask before `end`. */
  isOver(): boolean {
    const now = Atomics.load(this.#words, EPOCH_WORD.now)
    return ((now - this.#words[EPOCH_WORD.deadline]!) | 0) >= 0
  }

  #setDeadline(ms: number): void {
    this.#words[EPOCH_WORD.deadline] = (Atomics.load(this.#words, EPOCH_WORD.now) + ms) | 0
  }
}
