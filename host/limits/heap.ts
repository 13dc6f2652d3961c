/**
 * A binary heap, least first and of equals the oldest, that what is in it can be taken out of before it comes to the
 * top. Pure.
 */

/** What can be in one heap at a time. */
export interface Heaped {
  /** What it is ordered by; must not change while it is in. */
  key: number
  /** Tells equals apart. */
  age: number
  /** The heap's own: where it is, -1 when it is in none. */
  index: number
}

export class Heap<Item extends Heaped> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  push(item: Item): void {
    this.#rise(item, this.#items.length)
  }

  /** The one with the least key. */
  get first(): Item | undefined {
    return this.#items[0]
  }

  /** Nothing happens when it is not in. */
  remove(item: Item): void {
    const { index } = item
    if (index < 0) return
    item.index = -1
    const last = this.#items.pop()!
    if (last === item) return
    const above = this.#items[(index - 1) >> 1]
    if (above !== undefined && index > 0 && isBefore(last, above)) this.#rise(last, index)
    else this.#sink(last, index)
  }

  #rise(item: Item, from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.#items[parent]!
      if (!isBefore(item, above)) break
      this.#put(above, at)
      at = parent
    }
    this.#put(item, at)
  }

  #sink(item: Item, from: number): void {
    let at = from
    for (;;) {
      let child = 2 * at + 1
      const left = this.#items[child]
      if (left === undefined) break
      const right = this.#items[child + 1]
      if (right !== undefined && isBefore(right, left)) child++
      const below = this.#items[child]!
      if (!isBefore(below, item)) break
      this.#put(below, at)
      at = child
    }
    this.#put(item, at)
  }

  #put(item: Item, at: number): void {
    this.#items[at] = item
    item.index = at
  }
}

function isBefore(a: Heaped, b: Heaped): boolean {
  return a.key < b.key || (a.key === b.key && a.age < b.age)
}
