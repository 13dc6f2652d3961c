/**
 * The storage thread as the main thread has it: begun with the first shard that asks for it, begun again when it has died.
 *
 *     none  --a shard asks-->  running  --exit-->  none          any  --close-->  closed
 *
 * A shard whose thread has died sees its port close, and asks for another with its next call. One that dies at once is begun
 * again after a pause: the shards that ask meanwhile wait.
 */

import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { toStackText } from '../errors.ts'
import { StorageClient } from '../storage/client.ts'
import type { FromStorageThread, StorageData, ToStorageThread } from '../storage/storage-thread.ts'
import { Backoff } from './backoff.ts'

// as source or compiled, whatever this file is
const THREAD = new URL(`../storage/storage-thread${extname(import.meta.filename)}`, import.meta.url)

/** How long it may take to finish what it has begun. */
const STOP_MS = 5000

export interface StorageThreadOptions extends StorageData {
  readonly onError: (text: string) => void
}

/** Who gets a port. */
type Take = (port: MessagePort) => void

export class StorageThread implements AsyncDisposable {
  /** For the main thread's own calls. */
  readonly client = new StorageClient(() => this.connect((port) => this.client.attach(port)))
  readonly #options: StorageThreadOptions
  readonly #backoff = new Backoff()
  #worker: Worker | undefined
  #since = 0
  /** Until then none is begun. */
  #pause: NodeJS.Timeout | undefined
  /** Who asked meanwhile. */
  #asking: Take[] = []
  #isClosed = false

  constructor(options: StorageThreadOptions) {
    this.#options = options
  }

  /** Gives a shard's end of a new port, when there is a thread at the other one. */
  connect(take: Take): void {
    if (this.#isClosed) return
    if (this.#pause !== undefined) return void this.#asking.push(take)
    const worker = (this.#worker ??= this.#begin())
    const { port1, port2 } = new MessageChannel()
    this.#tell(worker, { type: 'connect', port: port2 }, [port2])
    take(port1)
  }

  /** What is begun comes to its end, unless that takes too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.client[Symbol.dispose]()
    clearTimeout(this.#pause)
    this.#asking = []
    const worker = this.#worker
    if (worker === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.once('exit', () => resolve())
    this.#tell(worker, { type: 'stop' })
    const timer = setTimeout(() => void worker.terminate(), STOP_MS)
    await promise
    clearTimeout(timer)
  }

  #begin(): Worker {
    const { onError, ...workerData } = this.#options
    const worker = new Worker(THREAD, { workerData, name: 'storage' })
    this.#since = performance.now()
    worker.on('message', ({ text }: FromStorageThread) => onError(text))
    worker.on('error', (error) => onError(`the storage thread died: ${toStackText(error)}`))
    worker.once('exit', () => this.#exited())
    return worker
  }

  #exited(): void {
    this.#worker = undefined
    if (this.#isClosed) return
    const pause = this.#backoff.after(performance.now() - this.#since)
    this.#options.onError(
      `the storage thread ended; the next call begins another, in ${pause} ms at the soonest`,
    )
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      for (const take of this.#asking.splice(0)) this.connect(take)
    }, pause)
  }

  #tell(worker: Worker, message: ToStorageThread, transfer: MessagePort[] = []): void {
    worker.postMessage(message, transfer)
  }
}
