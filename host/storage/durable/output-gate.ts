/**
 * What leaves a Durable Object waits until what it wrote before is on the disk.
 *
 *     open  --close-->  closed by one or more commits  --each is stored-->  open
 *                       pass(act): `act` waits for the commits that were begun before it
 *     any  --drop-->  dropped: nothing of what waits happens, and nothing more passes
 *
 * What passes does so in order. Pure.
 */
export class OutputGate {
  /** What waits, and for which commit. */
  readonly #waiting: { readonly commit: number; readonly act: () => void }[] = []
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

  /** Now or later, or never. */
  pass(act: () => void): void {
    if (this.isOpen) act()
    else if (!this.#isDropped) this.#waiting.push({ commit: this.#last, act })
  }

  drop(): void {
    this.#isDropped = true
    this.#waiting.length = 0
  }
}
