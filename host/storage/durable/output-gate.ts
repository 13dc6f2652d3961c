/**
 * What leaves a Durable Object waits until what it wrote before is on the disk.
 *
 *     open  --close-->  closed by one or more commits  --each is stored-->  open
 *                       pass(act): `act` waits for the commits that were begun before it
 *     any  --drop-->  dropped: nothing of what waits happens, and nothing more passes
 *
 * What passes does so in order. Pure.
 */

interface Waiting {
  /** What it waits for. */
  readonly commit: number
  readonly act: () => void
  readonly onDrop: () => void
}

export class OutputGate {
  readonly #waiting: Waiting[] = []
  #last = 0
  #stored = 0
  #isDropped = false

  get isOpen(): boolean {
    return this.#stored === this.#last && !this.#isDropped
  }

  /** A commit has begun. Gives what to call when it is stored; commits are stored in the order in which they began. */
  close(): () => void {
    const commit = ++this.#last
    return () => {
      this.#stored = Math.max(this.#stored, commit)
      while ((this.#waiting[0]?.commit ?? Infinity) <= this.#stored) this.#waiting.shift()!.act()
    }
  }

  /** Now or later; or never, of which `onDrop` is told. */
  pass(act: () => void, onDrop: () => void): void {
    if (this.#isDropped) onDrop()
    else if (this.isOpen) act()
    else this.#waiting.push({ commit: this.#last, act, onDrop })
  }

  drop(): void {
    this.#isDropped = true
    for (const { onDrop } of this.#waiting.splice(0)) onDrop()
  }
}
