/**
 * What one shard has to say to another, sent once for each turn of the event loop: a message costs as much as ten things
 * in it. Large pieces of bytes are moved, small ones cloned, which costs less.
 */

import type { Between } from './messages.ts'

const MOVED_BYTES = 4096

/** Where it goes: a port to another thread, or a link to one of another host. */
export interface Way {
  postMessage(messages: readonly Between[], moved: ArrayBuffer[]): void
}

export class Batch {
  readonly #port: Way
  #messages: Between[] = []
  #moved: ArrayBuffer[] = []

  constructor(port: Way) {
    this.#port = port
  }

  add(message: Between): void {
    if (this.#messages.length === 0) setImmediate(this.flush)
    this.#messages.push(message)
  }

  /** Bytes for a message that is added next; whoever gives them does not look at them again. */
  own(bytes: Uint8Array): Uint8Array {
    const { buffer, byteLength } = bytes
    // a view of something larger would take that with it
    const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    const own = isWhole ? bytes : new Uint8Array(bytes)
    if (byteLength >= MOVED_BYTES) this.#moved.push(own.buffer as ArrayBuffer)
    return own
  }

  readonly flush = (): void => {
    if (this.#messages.length === 0) return
    const messages = this.#messages
    const moved = this.#moved
    this.#messages = []
    this.#moved = []
    this.#port.postMessage(messages, moved)
  }
}
