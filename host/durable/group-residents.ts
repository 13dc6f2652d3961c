/**
 * The live instances of an app's Durable Objects on a shard: they count among all of the shard, and have bounds of their own.
 * Beyond those of memory one that works has to go when none rests: `heavy`. `rest`: one does.
 */

import { Residents } from '../limits/residents.ts'
import type { ResidentBounds, Resting } from '../limits/residents.ts'
import type { TenantServices } from '../tenant/tenant.ts'

type Shared = TenantServices['residents']

const BYTES_PER_MB = 1024 * 1024

export class GroupResidents implements Shared {
  readonly #own = new Residents()
  readonly #shared: Shared
  readonly #mostBytes: number
  readonly #onHeavy: () => void
  readonly #onRest: () => void
  #isDue = false

  constructor(shared: Shared, bounds: ResidentBounds, on: { heavy: () => void; rest: () => void }) {
    this.#shared = shared
    this.#own.bound(bounds)
    this.#mostBytes = bounds.liveMemoryMb * BYTES_PER_MB
    this.#onHeavy = on.heavy
    this.#onRest = on.rest
  }

  /** They have as much memory as they may. */
  get isFull(): boolean {
    return this.#own.bytes >= this.#mostBytes
  }

  opened(): void {
    this.#own.opened()
    this.#shared.opened()
  }

  closed(): void {
    this.#own.closed()
    this.#shared.closed()
  }

  rest(resting: Resting): void {
    this.#own.rest(resting)
    this.#shared.rest(resting)
    this.#onRest()
  }

  leave(resting: Resting): void {
    this.#own.leave(resting)
    this.#shared.leave(resting)
  }

  weigh(bytes: number): void {
    this.#own.weigh(bytes)
    this.#shared.weigh(bytes)
    if (bytes <= 0 || !this.isFull || this.#isDue) return
    this.#isDue = true
    // behind the eviction of those that rest
    setImmediate(() => {
      this.#isDue = false
      if (this.#own.bytes > this.#mostBytes) this.#onHeavy()
    })
  }

  /** The one that has rested for longest goes. Whether there was one. */
  evict(): boolean {
    return this.#own.evictOne()
  }
}
