/**
 * The thread that tells all shards of a process what time it is. A shard that runs a guest cannot look at a clock;
 * somebody else has to say so where the guest's own code looks.
 *
 *     main: Ticker  --epochs-->  ticker-thread.ts  --now, every millisecond; who is over-->  each memory  <--reads--  guest
 *
 * While nobody writes it, nobody is stopped. So the thread is started again whatever it died of, and a server is not
 * ready before it runs.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { BELL, createBell, createEpoch, type SharedEpoch } from './epoch.ts'

/** What the thread is started with. */
export interface TickerData {
  readonly memories: readonly WebAssembly.Memory[]
  readonly bell: SharedEpoch['bell']
}

// as source or compiled, whatever this file is
const THREAD = new URL(`ticker-thread${extname(import.meta.filename)}`, import.meta.url)

/** A thread that dies sooner than this is started again only after as long a pause: it may not be able to run. */
const SOON_MS = 250

/** The clocks of some shards, and the thread that keeps the time in them. */
export class Ticker implements Disposable {
  /** One for each shard; a shard that is started again uses the same. */
  readonly epochs: readonly SharedEpoch[]
  /** Resolves when the time is written for the first time. */
  readonly ready: Promise<void>
  readonly #onDeath: (cause: unknown) => void
  readonly #bell = createBell()

  /** `onDeath` is called when the thread ended by a fault, before it is started again. */
  constructor(count: number, onDeath: (cause: unknown) => void) {
    this.epochs = Array.from({ length: count }, () => createEpoch(this.#bell))
    this.#onDeath = onDeath
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    this.#start(resolve)
  }

  [Symbol.dispose](): void {
    Atomics.store(this.#bell, 0, BELL.over)
    Atomics.notify(this.#bell, 0)
  }

  get #isStopped(): boolean {
    return Atomics.load(this.#bell, 0) === BELL.over
  }

  #start(onTick: () => void): void {
    const workerData: TickerData = { memories: this.epochs.map(({ memory }) => memory), bell: this.#bell }
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
