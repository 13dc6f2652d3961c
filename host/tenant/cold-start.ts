/**
 * How long the first request of an instance waits for it.
 *
 *     warm  --want-->  wanted  --begin-->  begun  --its first turn-->  warm
 *                      wanted  --giveUp-->  warm
 */
import { performance } from 'node:perf_hooks'

export class ColdStart {
  #wantedSince: number | undefined
  #since: number | undefined

  /** There should be an instance, and there is none. */
  want(): void {
    this.#wantedSince ??= performance.now()
  }

  /** There is one, which has had no turn. */
  begin(): void {
    this.#since = this.#wantedSince
    this.#wantedSince = undefined
  }

  /** Nobody waits any more, or there will be none. */
  giveUp(): void {
    this.#wantedSince = undefined
  }

  /** When the instance was asked for that has had no turn; undefined: it has had one. */
  get since(): number | undefined {
    return this.#since
  }

  /** A turn of an instance. `onFirst`: it was the first; milliseconds since it was asked for, and of the turn. */
  run(instance: { run(): boolean }, onFirst: (coldMs: number, turnMs: number) => void): boolean {
    if (this.#since === undefined) return instance.run()
    const before = performance.now()
    const isMore = instance.run()
    const now = performance.now()
    onFirst(now - this.#since, now - before)
    this.#since = undefined
    return isMore
  }
}
