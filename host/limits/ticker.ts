/**
 * The thread that tells all shards of a process what time it is. A shard that runs a guest cannot look at a clock;
 * somebody else has to write the time where the guest's own code reads it.
 *
 *     main: Ticker  --memories-->  ticker-thread.ts  --now, every millisecond-->  each memory  <--reads--  guest
 *
 * While nobody writes it, nobody is stopped. So the thread is started again whatever it died of, and a server is not
 * ready before it runs.
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

/** A thread that dies sooner than this is started again only after as long a pause: it may not be able to run. */
const SOON_MS = 250

/** The memories of some shards, and the thread that keeps the time in them. */
export class Ticker implements Disposable {
  /** One for each shard; a shard that is started again uses the same. */
  readonly memories: readonly WebAssembly.Memory[]
  /** Resolves when the time is written for the first time. */
  readonly ready: Promise<void>
  readonly #onDeath: (cause: unknown) => void
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

  /** `onDeath` is called when the thread ended by a fault, before it is started again. */
  constructor(count: number, onDeath: (cause: unknown) => void) {
    this.memories = Array.from({ length: count }, () => createEpochMemory())
    this.#onDeath = onDeath
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    this.#start(resolve)
  }

  [Symbol.dispose](): void {
    Atomics.store(this.#stop, 0, 1)
    Atomics.notify(this.#stop, 0)
  }

  get #isStopped(): boolean {
    return this.#stop[0] !== 0
  }

  #start(onTick: () => void): void {
    const workerData: TickerData = { memories: this.memories, stop: this.#stop }
    const startedAt = performance.now()
    let cause: unknown = 'the thread was ended from outside'
    const thread = new Worker(THREAD, { workerData, name: 'ticker' })
    thread.once('message', () => {
      // a process that has nothing else to do may end
      thread.unref()
      onTick()
    })
    thread.on('error', (error) => (cause = error))
    thread.once('exit', () => {
      if (this.#isStopped) return
      this.#onDeath(cause)
      const start = (): void => {
        if (!this.#isStopped) this.#start(onTick)
      }
      if (performance.now() - startedAt > SOON_MS) start()
      else setTimeout(start, SOON_MS).unref()
    })
  }
}
