/**
 * One share of a shard's turns for many: the Durable Objects of an app have their turns one after the other, all of them together
 * as often as one tenant has.
 *
 *     an object wakes  >  waits here  >  the share's turn: the one that has waited longest  >  more to do: behind the others
 */

import type { JobLine } from '../limits/job-pool.ts'
import type { Share } from '../limits/scheduler.ts'
import type { Turns } from '../tenant/tenant.ts'

class Member {
  readonly run: () => boolean
  readonly #turns: SharedTurns
  isClosed = false

  constructor(run: () => boolean, turns: SharedTurns) {
    this.run = run
    this.#turns = turns
  }

  wake(): void {
    if (!this.isClosed) this.#turns.wait(this)
  }

  close(): void {
    this.isClosed = true
    this.#turns.leave(this)
  }
}

export class SharedTurns implements Turns, Disposable {
  readonly clock: Turns['clock']
  readonly jobs: { open(): JobLine }
  readonly #share: Pick<Share, 'wake' | 'close'>
  readonly #waiting = new Set<Member>()
  #running: Member | undefined

  /** `mostMs`: the longest that a turn may be. */
  constructor(turns: Turns, mostMs: number) {
    const line = turns.jobs.open()
    this.clock = turns.clock
    this.jobs = { open: () => line }
    this.#share = turns.open(this.#turn, mostMs)
  }

  open(run: () => boolean): Member {
    return new Member(run, this)
  }

  /** For a member alone. */
  wait(member: Member): void {
    // it says itself whether there is more
    if (member === this.#running) return
    this.#waiting.add(member)
    this.#share.wake()
  }

  /** For a member alone. */
  leave(member: Member): void {
    this.#waiting.delete(member)
  }

  [Symbol.dispose](): void {
    this.#waiting.clear()
    this.#share.close()
  }

  readonly #turn = (): boolean => {
    const [next] = this.#waiting
    if (next === undefined) return false
    this.#waiting.delete(next)
    this.#running = next
    let isMore = false
    try {
      isMore = next.run()
    } finally {
      this.#running = undefined
    }
    if (isMore && !next.isClosed) this.#waiting.add(next)
    return this.#waiting.size > 0
  }
}
