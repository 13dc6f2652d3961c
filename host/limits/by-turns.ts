/**
 * What waits, in an order that is fair to whose it is: owners by turns, and of one owner what has waited longest. Who has much that waits
 * holds up nobody but himself. Pure.
 */
export class ByTurns<Owner, Item> {
  /** The next one first. */
  readonly #lines = new Map<Owner, Set<Item>>()

  get isEmpty(): boolean {
    return this.#lines.size === 0
  }

  /** Once, however often. */
  add(owner: Owner, item: Item): void {
    const line = this.#lines.get(owner)
    if (line === undefined) this.#lines.set(owner, new Set([item]))
    else line.add(item)
  }

  delete(owner: Owner, item: Item): void {
    const line = this.#lines.get(owner)
    if (line?.delete(item) === true && line.size === 0) this.#lines.delete(owner)
  }

  /** What comes next. */
  take(): Item | undefined {
    for (const [owner, line] of this.#lines) {
      this.#lines.delete(owner)
      for (const item of line) {
        line.delete(item)
        if (line.size > 0) this.#lines.set(owner, line)
        return item
      }
    }
    return undefined
  }
}
