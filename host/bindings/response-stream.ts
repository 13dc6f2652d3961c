/**
 * The body of a streamed response on its way to its client. What the client does not take at once waits here, joined, on
 * the tenant's byte budget: upload.ts is the same for the other direction.
 */
import { type ByteBudget, Holding } from '../limits/byte-budget.ts'
import { ChunkQueue } from './chunk-queue.ts'

/** When more than this waits for a client, the guest is told to wait. */
const HIGH_WATER = 64 * 1024

/** One body. */
export class ResponseStream {
  readonly #chunks = new ChunkQueue()
  readonly #holding: Holding
  /** What the client said to the last write that reached it. */
  #takesBytes = true

  constructor(budget: ByteBudget) {
    this.#holding = new Holding(budget)
  }

  /** What the client said to the last write that reached it. */
  get takesBytes(): boolean {
    return this.#takesBytes
  }

  /** The guest has to wait. */
  get isFull(): boolean {
    return !this.#takesBytes || this.#chunks.bytes >= HIGH_WATER
  }

  /** Keep bytes; false when the host may not hold so much, and nothing is kept any more. */
  push(bytes: Uint8Array): boolean {
    this.#chunks.push(bytes)
    if (this.#holding.set(this.#chunks.cost)) return true
    this.#chunks.clear()
    return false
  }

  /** The client takes bytes again; false when it did before. */
  resume(): boolean {
    if (this.#takesBytes) return false
    this.#takesBytes = true
    return true
  }

  /**
   * To the client what it takes. One that is slow gets one chunk more than it took, so that however a guest cuts up its
   * bytes they wait here, joined; a stream that is complete goes out whole, for its guest may be gone before it is sent.
   */
  drain(client: { write(bytes: Uint8Array): boolean }, isComplete: boolean): void {
    for (let chunk = this.#next(isComplete); chunk !== undefined; chunk = this.#next(isComplete)) {
      this.#takesBytes = client.write(chunk)
    }
    this.#holding.set(this.#chunks.cost)
  }

  /** Nothing of it waits any more. */
  release(): void {
    this.#chunks.clear()
    this.#holding.release()
  }

  #next(isComplete: boolean): Uint8Array | undefined {
    return this.#takesBytes || isComplete ? this.#chunks.shift() : undefined
  }
}
