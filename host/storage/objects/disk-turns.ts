/**
 * Turns at the disk. What waits for a file occupies a thread of the pool that the whole process has for files, names and
 * cryptography; a disk that hangs would take all of them. So only some wait for this one, and the others for their turn.
 */

import { StorageError } from '../failure.ts'

/** What libuv has unless the environment says otherwise. */
const POOL_THREADS = 4
/** The others keep the rest. */
const SHARE = 0.5

export class DiskTurns {
  #free: number
  /** Oldest first. */
  readonly #waiting = new Set<() => void>()

  constructor(atOnce = toAtOnce()) {
    this.#free = atOnce
  }

  /** `signal`: nobody waits for it any more; what has begun comes to its end. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) throw toGone()
    if (this.#free > 0) this.#free--
    else await this.#wait(signal)
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next === undefined) this.#free++
      else next()
    }
  }

  /** Whoever ends hands its turn over. */
  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = (): void => {
      this.#waiting.delete(next)
      reject(toGone())
    }
    const next = (): void => {
      this.#waiting.delete(next)
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    this.#waiting.add(next)
    signal?.addEventListener('abort', onAbort)
    await promise
  }
}

function toGone(): StorageError {
  return new StorageError('STORAGE_UNAVAILABLE', 'the disk did not take it in time; nothing was changed')
}

function toAtOnce(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? POOL_THREADS)
  return Math.max(1, Math.floor(threads * SHARE))
}
