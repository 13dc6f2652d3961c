/**
 * The processor time of another thread of this process, as the kernel of Linux tells it
 * (/proc/self/task/ID/schedstat: nanoseconds on a processor, ...). Elsewhere nobody knows.
 */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs'

const NS_PER_MS = 1e6

/** Enough for the three numbers. */
const BUFFER = Buffer.alloc(80)

/** The kernel's number of this thread; 0 when that cannot be known. */
export function readThreadId(): number {
  try {
    return Number(/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** One thread's. */
export class ThreadTime implements Disposable {
  /** The kernel's number of the thread. */
  readonly id: number
  readonly #file: number | undefined

  constructor(id: number) {
    this.id = id
    try {
      this.#file = id > 0 ? openSync(`/proc/self/task/${id}/schedstat`, 'r') : undefined
    } catch {
      // the thread is gone, or this is another system
    }
  }

  /** Milliseconds since it began; undefined when that cannot be known. Up to date within a tick of the kernel. */
  readMs(): number | undefined {
    if (this.#file === undefined) return undefined
    try {
      const size = readSync(this.#file, BUFFER, 0, BUFFER.length, 0)
      const ns = Number.parseInt(BUFFER.toString('latin1', 0, size), 10)
      return ns > 0 ? ns / NS_PER_MS : undefined
    } catch {
      return undefined
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}
