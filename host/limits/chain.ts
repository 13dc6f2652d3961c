/**
 * Things in the order in which they came, each of which can leave from anywhere.
 *
 *     first  <--earlier, later-->  ...  <--earlier, later-->  last
 *
 * The links are the things' own, and what has left has none. A Set or a Map of what comes and goes with each request is
 * not used for this: its outgrown tables point to the ones after them, and once one is in V8's old generation all that
 * is in those counts as reachable until the next full collection (docs/decisions/trails.md). Pure.
 */

/** What can be in one chain at a time. The fields are the chain's. */
export class Link {
  chain: Chain<Link> | undefined
  earlier: Link | undefined
  later: Link | undefined
}

export class Chain<Item extends Link> {
  #first: Item | undefined
  #last: Item | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one that came first of those that are in. */
  get first(): Item | undefined {
    return this.#first
  }

  /** The one that came next after this one, which must be in. */
  after(item: Item): Item | undefined {
    return item.later as Item | undefined
  }

  /** As the last one; one that is in stays where it is. */
  add(item: Item): void {
    if (item.chain === this) return
    if (item.chain !== undefined) throw new Error('what is in a chain was put into another one')
    item.chain = this
    const last = this.#last
    item.earlier = last
    if (last === undefined) this.#first = item
    else last.later = item
    this.#last = item
    this.#size++
  }

  /** Whether it was in. */
  delete(item: Item): boolean {
    if (item.chain !== this) return false
    const { earlier, later } = item as { earlier: Item | undefined; later: Item | undefined }
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    item.chain = item.earlier = item.later = undefined
    this.#size--
    return true
  }

  /** All that are in, as it is now. */
  values(): Item[] {
    return Array.from(this)
  }

  clear(): void {
    while (this.#first !== undefined) this.delete(this.#first)
  }

  /** All that are in; none may come or go meanwhile. */
  *[Symbol.iterator](): Generator<Item, undefined, undefined> {
    for (let item = this.#first; item !== undefined; item = this.after(item)) yield item
    return undefined
  }
}
