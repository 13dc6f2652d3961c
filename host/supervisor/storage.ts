/**
 * The storage threads as the main thread has them, one for each kind of store: a disk or a server that hangs keeps only the
 * calls of its kind waiting. Each is begun with the first shard that asks for it, and begun again when it has died.
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
import { StorageClients } from '../storage/clients.ts'
import type { FromStorageThread, StorageData, ToStorageThread } from '../storage/storage-thread.ts'
import { Backoff } from './backoff.ts'

// as source or compiled, whatever this file is
const THREAD = new URL(`../storage/storage-thread${extname(import.meta.filename)}`, import.meta.url)

/** How long it may take to finish what it has begun. */
const STOP_MS = 5000

export interface StorageOptions extends StorageData {
  readonly onError: (text: string) => void
}

/** Who gets a port. */
type Take = (port: MessagePort) => void

export class StorageThreads implements AsyncDisposable {
  /** For the main thread's own calls. */
  readonly client: StorageClients = new StorageClients((kind) =>
    this.connect(kind, (port) => this.client.attach(kind, port)),
  )
  readonly #options: StorageOptions
  readonly #threads = new Map<string, StorageThread>()

  constructor(options: StorageOptions) {
    this.#options = options
  }

  /** Gives a shard's end of a new port, when there is a thread of this kind at the other one. */
  connect(kind: string, take: Take): void {
    const thread = this.#threads.get(kind) ?? new StorageThread(kind, this.#options)
    this.#threads.set(kind, thread)
    thread.connect(take)
  }

  /** What is begun comes to its end, unless that takes too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]()
    await Promise.all([...this.#threads.values()].map((thread) => thread[Symbol.asyncDispose]()))
  }
}

class StorageThread implements AsyncDisposable {
  readonly #kind: string
  readonly #options: StorageOptions
  readonly #backoff = new Backoff()
  #worker: Worker | undefined
  #since = 0
  /** Until then none is begun. */
  #pause: NodeJS.Timeout | undefined
  /** Who asked meanwhile. */
  #asking: Take[] = []
  #isClosed = false

  constructor(kind: string, options: StorageOptions) {
    this.#kind = kind
    this.#options = options
  }

  connect(take: Take): void {
    if (this.#isClosed) return
    if (this.#pause !== undefined) return void this.#asking.push(take)
    const worker = (this.#worker ??= this.#begin())
    const { port1, port2 } = new MessageChannel()
    this.#tell(worker, { type: 'connect', port: port2 }, [port2])
    take(port1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
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
    const worker = new Worker(THREAD, { workerData, name: `storage ${this.#kind}` })
    this.#since = performance.now()
    worker.on('message', ({ text }: FromStorageThread) => onError(text))
    worker.on('error', (error) => onError(`the storage thread of ${this.#kind} died: ${toStackText(error)}`))
    worker.once('exit', () => this.#exited())
    return worker
  }

  #exited(): void {
    this.#worker = undefined
    if (this.#isClosed) return
    const pause = this.#backoff.after(performance.now() - this.#since)
    this.#options.onError(
      `the storage thread of ${this.#kind} ended; the next call begins another, in ${pause} ms at the soonest`,
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
