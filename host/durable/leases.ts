/**
 * Who may have a Durable Object in memory: one shard at a time, in the whole process. The list lives in the main thread, which
 * alone knows when a shard has ended.
 *
 *     free  --claim-->  held  --claim of another-->  wanted: its holder is told, once; who claims waits
 *     held, wanted  --release, the holder is gone-->  held by the next who waits, or free
 *
 * Holds: between `granted` and its release, or the end of its thread, nobody else is granted the key. Claims are granted in the
 * order in which they came. Pure.
 */

/** A shard, as the list knows it. Each has one claim of a key at a time beside what it holds. */
export interface LeaseHolder {
  /** It may begin the object. `number` is larger than that of any lease before. */
  granted(key: string, number: number): void
  /** Somebody waits for it: to be ended, and released. */
  wanted(key: string): void
}

interface Lease {
  readonly holder: LeaseHolder
  readonly waiting: LeaseHolder[]
}

export class Leases {
  readonly #held = new Map<string, Lease>()
  /** The keys that each holds or waits for. */
  readonly #keys = new Map<LeaseHolder, Set<string>>()
  #last = 0

  get size(): number {
    return this.#held.size
  }

  /** Whether one of those that are held is so. */
  some(is: (key: string) => boolean): boolean {
    return this.#held.keys().some(is)
  }

  claim(key: string, holder: LeaseHolder): void {
    this.#keysOf(holder).add(key)
    const lease = this.#held.get(key)
    if (lease === undefined) return this.#grant(key, holder, [])
    lease.waiting.push(holder)
    if (lease.waiting.length === 1) lease.holder.wanted(key)
  }

  /** What is not held is not released. */
  release(key: string, holder: LeaseHolder): void {
    const lease = this.#held.get(key)
    if (lease?.holder !== holder) return
    if (!lease.waiting.includes(holder)) this.#keysOf(holder).delete(key)
    this.#pass(key, lease)
  }

  /** Its thread has ended. */
  gone(holder: LeaseHolder): void {
    const keys = this.#keysOf(holder)
    this.#keys.delete(holder)
    for (const key of keys) {
      const lease = this.#held.get(key)
      if (lease === undefined) continue
      const at = lease.waiting.indexOf(holder)
      if (at >= 0) lease.waiting.splice(at, 1)
      if (lease.holder === holder) this.#pass(key, lease)
    }
  }

  #pass(key: string, { waiting: [next, ...others] }: Lease): void {
    if (next === undefined) this.#held.delete(key)
    else this.#grant(key, next, others)
  }

  #grant(key: string, holder: LeaseHolder, waiting: LeaseHolder[]): void {
    this.#held.set(key, { holder, waiting })
    holder.granted(key, ++this.#last)
    if (waiting.length > 0) holder.wanted(key)
  }

  #keysOf(holder: LeaseHolder): Set<string> {
    let keys = this.#keys.get(holder)
    if (keys === undefined) this.#keys.set(holder, (keys = new Set()))
    return keys
  }
}
