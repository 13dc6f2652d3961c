/** How long to wait before something that died is started again: the sooner it dies again, the longer. Pure. */

const FIRST_MS = 500
const MOST_MS = 10_000
/** Who lived that long is as good as new. */
const GOOD_LIFE_MS = 60_000

export class Backoff {
  #next = FIRST_MS

  /** The pause in milliseconds after a life that lasted so many. */
  after(livedMs: number): number {
    if (livedMs >= GOOD_LIFE_MS) this.#next = FIRST_MS
    const pause = this.#next
    this.#next = Math.min(pause * 2, MOST_MS)
    return pause
  }
}
