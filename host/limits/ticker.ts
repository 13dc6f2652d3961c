/**
 * The thread that tells all shards of a process what time it is. A shard that runs a guest cannot look at a clock;
 * somebody else has to write the time where the guest's own code reads it.
 *
 *     main: Ticker  --memories-->  ticker-thread.ts  --now, every millisecond-->  each memory  <--reads--  guest
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createEpochMemory } from './epoch.ts'

/** What the thread is started with. */
export interface TickerData {
  readonly memories: readonly WebAssembly.Memory[]
  /** One word; the thread ends when it is not zero. */
  readonly stop: Int32Array<SharedArrayBuffer>
}

// as source or compiled, whatever this file is
const THREAD = new URL(`ticker-thread${extname(import.meta.filename)}`, import.meta.url)

/** The memories of some shards, and the thread that keeps the time in them. */
export class Ticker implements Disposable {
  /** One for each shard; a shard that is started again uses the same. */
  readonly memories: readonly WebAssembly.Memory[]
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

  /** `onError` is called when the thread ends by a fault: from then on nobody is stopped. */
  constructor(count: number, onError: (error: unknown) => void) {
    this.memories = Array.from({ length: count }, () => createEpochMemory())
    const workerData: TickerData = { memories: this.memories, stop: this.#stop }
    const thread = new Worker(THREAD, { workerData, name: 'ticker' })
    thread.on('error', onError)
    // a process that has nothing else to do may end
    thread.unref()
  }

  [Symbol.dispose](): void {
    Atomics.store(this.#stop, 0, 1)
    Atomics.notify(this.#stop, 0)
  }
}
