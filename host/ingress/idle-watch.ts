/**
 * Finds the connections on which nothing happens. Whoever may have to wait is put in and is asked now and then, by one
 * timer for all, what it waits for and how far that is; the timer runs only while somebody is in. A request that is
 * answered at once never gets here.
 */

import { performance } from 'node:perf_hooks'

/** What a connection waits for: the client taking bytes, the client sending them, the app, or nothing in particular. */
export type Wait = 'reader' | 'sender' | 'app' | 'nothing'

/** A connection that may fall idle. */
export interface Watched {
  /** The longest wait in milliseconds. */
  readonly idleMs: number
  /** Asked now and then. Undefined: there is nothing left to watch. */
  look(): Wait | undefined
  /** A number that is another one when what is waited for has moved. */
  toProgress(wait: Wait): number
  /** It waited too long, and is watched no more. */
  idled(wait: Exclude<Wait, 'nothing'>): void
}

interface Seen {
  wait: Wait
  progress: number
  since: number
}

const LOOK_MS = 100

/** All connections of a server that may be idle. */
export class IdleWatch implements Disposable {
  readonly #watched = new Map<Watched, Seen>()
  #timer: NodeJS.Timeout | undefined

  /** Nothing happens when it is in already. */
  add(item: Watched): void {
    if (this.#watched.has(item)) return
    this.#watched.set(item, { wait: 'nothing', progress: 0, since: performance.now() })
    this.#timer ??= setInterval(this.#look, LOOK_MS).unref()
  }

  /** There is nothing left to watch: whoever stays in is held until the next look. */
  delete(item: Watched): void {
    this.#watched.delete(item)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#watched.clear()
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (const [item, seen] of this.#watched) {
      const wait = item.look()
      if (wait === undefined) this.#watched.delete(item)
      else this.#compare(item, seen, wait, now)
    }
    if (this.#watched.size === 0) this[Symbol.dispose]()
  }

  #compare(item: Watched, seen: Seen, wait: Wait, now: number): void {
    const progress = item.toProgress(wait)
    if (wait === 'nothing' || wait !== seen.wait || progress !== seen.progress) {
      seen.wait = wait
      seen.progress = progress
      seen.since = now
    } else if (now - seen.since >= item.idleMs) {
      this.#watched.delete(item)
      item.idled(wait)
    }
  }
}
