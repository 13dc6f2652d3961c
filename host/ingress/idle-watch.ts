/**
 * Finds the connections on which nothing happens. Whoever may have to wait is put in and is asked now and then, by one
 * timer for all, what it waits for and how far that is; the timer runs only while somebody is in. A request that is
 * answered at once never gets here.
 */

import { performance } from 'node:perf_hooks'
import { Chain, Link } from '../limits/chain.ts'

/** What a connection waits for: the client taking bytes, the client sending them, the app, or nothing in particular. */
export type Wait = 'reader' | 'sender' | 'app' | 'nothing'

/** A connection that may fall idle. */
export interface Watched {
  /** The watch's own; undefined at first. */
  seen: Seen | undefined
  /** The longest wait in milliseconds. */
  readonly idleMs: number
  /** Asked now and then. Undefined: there is nothing left to watch. */
  look(): Wait | undefined
  /** A number that is another one when what is waited for has moved. */
  toProgress(wait: Wait): number
  /** It waited too long, and is watched no more. */
  idled(wait: Exclude<Wait, 'nothing'>): void
}

/** What was seen of one when it was looked at last. */
export class Seen extends Link {
  readonly item: Watched
  wait: Wait = 'nothing'
  progress = 0
  since = performance.now()

  constructor(item: Watched) {
    super()
    this.item = item
  }
}

const LOOK_MS = 100

/** All connections of a server that may be idle. */
export class IdleWatch implements Disposable {
  readonly #watched = new Chain<Seen>()
  #timer: NodeJS.Timeout | undefined

  /** Nothing happens when it is in already. */
  add(item: Watched): void {
    if (item.seen !== undefined) return
    item.seen = new Seen(item)
    this.#watched.add(item.seen)
    this.#timer ??= setInterval(this.#look, LOOK_MS).unref()
  }

  /** There is nothing left to watch: whoever stays in is held until the next look. */
  delete(item: Watched): void {
    if (item.seen !== undefined) this.#watched.delete(item.seen)
    item.seen = undefined
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const { item } of this.#watched.values()) this.delete(item)
  }

  readonly #look = (): void => {
    const now = performance.now()
    for (const seen of this.#watched.values()) {
      const { item } = seen
      // one that was looked at before may have ended it
      if (item.seen !== seen) continue
      const wait = item.look()
      if (wait === undefined) this.delete(item)
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
      this.delete(item)
      item.idled(wait)
    }
  }
}
