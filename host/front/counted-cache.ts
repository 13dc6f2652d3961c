/** Counts what becomes of calls to an app's own caches, on their way back to who made them. */

import type { CacheCall, Looked, Put } from '../storage/cache/open.ts'
import type { StorageListener } from '../storage/client.ts'
import type { StorageFailure } from '../storage/failure.ts'
import type { AroundCounts } from '../tenant/around-counts.ts'

export class CountedCache implements StorageListener {
  readonly #op: CacheCall['op']
  readonly #listener: StorageListener
  readonly #counts: AroundCounts

  constructor(op: CacheCall['op'], listener: StorageListener, counts: AroundCounts) {
    this.#op = op
    this.#listener = listener
    this.#counts = counts
  }

  onAnswer(meta: string, body: Uint8Array, more: boolean): void {
    const counts = this.#counts
    if (this.#op === 'put') {
      const { stored, evicted } = JSON.parse(meta) as Put
      counts.ownCacheStored += Number(stored)
      counts.ownCacheEvicted += evicted
    } else if (this.#op === 'match' || this.#op === 'look') {
      const answer = JSON.parse(meta) as Looked | null
      const isFound = this.#op === 'match' ? answer !== null : answer?.found !== null
      counts[isFound ? 'ownCacheHits' : 'ownCacheMisses']++
      counts.ownCacheBytes += body.length
    }
    // whether it was kept is not the app's to know
    this.#listener.onAnswer(this.#op === 'put' ? 'null' : meta, body, more)
  }

  onChunk(bytes: Uint8Array, last: boolean): void {
    this.#counts.ownCacheBytes += bytes.length
    this.#listener.onChunk(bytes, last)
  }

  onWant(): void {
    this.#listener.onWant()
  }

  onFailed(failure: StorageFailure): void {
    this.#listener.onFailed(failure)
  }
}
