/**
 * Images that were read and unpacked, for whoever asks for them next: those that were asked for last, in so much memory.
 *
 *     absent  --load-->  held  --asked for least recently of all, beyond the budget-->  absent
 *
 * Whoever loads content gets a copy of what no other app has, to be moved to where it is used: one copy is here for all shards,
 * and each shard gives its own up as soon as an instance has it (image/blocks.ts).
 */
import { toContent } from '../image/packed.ts'
import type { AppContent } from '../image/image.ts'
import type { ContentId, Unpacked } from '../image/packed.ts'

export interface WantedImage {
  readonly engineHash: string
  readonly id: ContentId
  readonly key?: Uint8Array | undefined
}

/** What was done since the thread began, and what is held. */
export interface LoadedCounters {
  /** Read from the disk. */
  loads: number
  /** Given up for others. */
  evictions: number
  /** Held, what images share with their engine's base image apart. */
  bytes: number
}

export class LoadedImages {
  readonly counters: LoadedCounters = { loads: 0, evictions: 0, bytes: 0 }
  readonly #read: (wanted: WantedImage) => Unpacked
  /** The one that was used last comes last. */
  readonly #held = new Map<ContentId, Unpacked>()
  #budget = Infinity

  constructor(read: (wanted: WantedImage) => Unpacked) {
    this.#read = read
  }

  /** The most bytes that are held. */
  set budget(bytes: number) {
    this.#budget = bytes
    this.#evict()
  }

  /** Throws ARTIFACT_BROKEN when it is not on the disk, or not what it was. */
  load(wanted: WantedImage): AppContent {
    const { id } = wanted
    const unpacked = this.#held.get(id) ?? this.#open(wanted)
    this.#held.delete(id)
    this.#held.set(id, unpacked)
    const content = toContent(unpacked)
    this.#evict()
    return content
  }

  #open(wanted: WantedImage): Unpacked {
    this.counters.loads++
    const unpacked = this.#read(wanted)
    this.counters.bytes += unpacked.frame.length
    return unpacked
  }

  #evict(): void {
    for (const [id, { frame }] of this.#held) {
      if (this.counters.bytes <= this.#budget) return
      this.#held.delete(id)
      this.counters.bytes -= frame.length
      this.counters.evictions++
    }
  }
}
