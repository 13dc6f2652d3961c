/**
 * Bytes that wait for whoever takes them, in order. Small chunks are joined as they come, so that a guest that writes
 * byte by byte costs the host about its bytes; empty ones leave no trace.
 *
 *     full chunks ...  tail: [ joined bytes | room to grow ]
 *
 * The tail doubles its room up to `JOINED_BYTES`, so a byte is copied a few times at the most.
 */
import { QUEUED_COST } from '../limits/byte-budget.ts'

/** Chunks that are not larger than this together become one. */
const JOINED_BYTES = 16 * 1024

const NOTHING = new Uint8Array(0)

/** One body's chunks. */
export class ChunkQueue {
  readonly #full: Uint8Array[] = []
  #tail: Uint8Array = NOTHING
  /** Bytes of the tail that are taken. */
  #used = 0
  #bytes = 0

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** What the host pays for them. */
  get cost(): number {
    return this.#bytes + QUEUED_COST * (this.#full.length + (this.#used > 0 ? 1 : 0))
  }

  /** The chunk belongs to the queue from here on. */
  push(chunk: Uint8Array): void {
    const { length } = chunk
    if (length === 0) return
    this.#bytes += length
    const used = this.#used + length
    if (this.#used === 0 || used > JOINED_BYTES) {
      this.#closeTail()
      this.#tail = chunk
    } else {
      if (used > this.#tail.length) this.#grow(used)
      this.#tail.set(chunk, this.#used)
    }
    this.#used += length
  }

  /** The oldest chunk, or as many bytes of it. */
  shift(most = Infinity): Uint8Array | undefined {
    if (this.#full.length === 0) this.#closeTail()
    const [first] = this.#full
    if (first === undefined || first.length <= most) this.#full.shift()
    else this.#full[0] = first.subarray(most)
    const chunk = first?.subarray(0, most)
    this.#bytes -= chunk?.length ?? 0
    return chunk
  }

  clear(): void {
    this.#full.length = 0
    this.#tail = NOTHING
    this.#used = 0
    this.#bytes = 0
  }

  #closeTail(): void {
    if (this.#used > 0) this.#full.push(this.#tail.subarray(0, this.#used))
    this.#tail = NOTHING
    this.#used = 0
  }

  #grow(least: number): void {
    const tail = new Uint8Array(Math.min(JOINED_BYTES, Math.max(2 * this.#tail.length, least)))
    tail.set(this.#tail.subarray(0, this.#used))
    this.#tail = tail
  }
}
