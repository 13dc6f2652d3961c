/**
 * The body of a fetch on its way out. What the guest writes waits here, joined, until the far side asks for more: one
 * chunk for each time it asks, so that however a guest cuts up its bytes no more than that is out of hand.
 *
 *     open  --finish-->  complete  --all taken-->  closed          any  --far side, end of the fetch-->  off
 */
import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web'
import { ChunkQueue } from './chunk-queue.ts'

/** When more than this waits for the far side, the guest is told to wait. */
const HIGH_WATER = 64 * 1024

/** One upload. */
export class Upload {
  readonly stream: ReadableStream<Uint8Array>
  readonly #chunks = new ChunkQueue()
  readonly #onMoved: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #state: 'open' | 'complete' | 'off' = 'open'
  #isAsked = false
  #owesWritable = false

  /** `onMoved` is called when the far side has taken something or wants no more. */
  constructor(first: Uint8Array, onMoved: () => void) {
    this.#onMoved = onMoved
    this.#chunks.push(first)
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#isAsked = true
          this.flow()
        },
        cancel: () => {
          this.stop()
          this.#onMoved()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Whether the guest may still write. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** What the host pays for what waits. */
  get cost(): number {
    return this.#chunks.cost
  }

  /** The guest was told to wait, and is not told yet that it may go on. */
  get owesWritable(): boolean {
    return this.#owesWritable
  }

  /** Further bytes; false when the guest has to wait. */
  write(bytes: Uint8Array): boolean {
    this.#chunks.push(bytes)
    if (this.#chunks.bytes < HIGH_WATER) return true
    this.#owesWritable = true
    return false
  }

  finish(): void {
    if (this.#state === 'open') this.#state = 'complete'
    this.#owesWritable = false
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#state = 'off'
    this.#chunks.clear()
  }

  /** To the far side, if it has asked. */
  flow(): void {
    if (!this.#isAsked || this.#state === 'off') return
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#isAsked = false
      this.#controller?.enqueue(chunk)
      this.#onMoved()
    } else if (this.#state === 'complete') {
      this.#state = 'off'
      this.#controller?.close()
    }
  }

  /** Whether the guest is to be told that it may go on; true once for each time that it was told to wait. */
  takeWritable(): boolean {
    const isDue = this.#owesWritable && (this.#state === 'off' || this.#chunks.bytes < HIGH_WATER)
    if (isDue) this.#owesWritable = false
    return isDue
  }
}
