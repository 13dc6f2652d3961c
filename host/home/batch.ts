/**
 * What one shard has to say to another, sent once for each turn of the event loop: a message costs as much as ten things
 * in it. Large pieces of bytes are moved, small ones cloned, which costs less. What is said of many WebSockets alike is said once.
 */

import type { Between, OfLine } from './messages.ts'

const MOVED_BYTES = 4096
/** WebSockets that one message is about. */
export const MOST_LINES = 4096

/** Where it goes: a port to another thread, or a link to one of another host. */
export interface Way {
  postMessage(messages: readonly Between[], moved: ArrayBuffer[]): void
}

export class Batch {
  readonly #port: Way
  #messages: Between[] = []
  #moved: ArrayBuffer[] = []
  /** The last message, if it is about WebSockets, as one that adds to it has to be. */
  #last: { readonly numbers: number[]; readonly isToHome: boolean; readonly said: unknown } | undefined

  constructor(port: Way) {
    this.#port = port
  }

  add(message: Between): void {
    if (this.#messages.length === 0) setImmediate(this.flush)
    this.#messages.push(message)
    this.#last = undefined
  }

  /** About a WebSocket. `said`: the same one makes the same message. */
  addOfLine(number: number, isToHome: boolean, said: unknown, toMessage: () => OfLine): void {
    const last = this.#last
    const isSame = last !== undefined && last.said === said && last.isToHome === isToHome
    if (isSame && last.numbers.length < MOST_LINES) {
      last.numbers.push(number)
      return
    }
    const numbers = [number]
    this.add({ numbers, isToHome, ...toMessage() })
    this.#last = { numbers, isToHome, said }
  }

  /** Bytes for a message that is added next; whoever gives them does not look at them again. */
  own(bytes: Uint8Array): Uint8Array {
    const { byteLength } = bytes
    const own = this.shared(bytes)
    if (byteLength >= MOVED_BYTES) this.#moved.push(own.buffer as ArrayBuffer)
    return own
  }

  /** Bytes for a message that others have, too. */
  shared(bytes: Uint8Array): Uint8Array {
    const { buffer, byteLength } = bytes
    // a view of something larger would take that with it
    return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? bytes : new Uint8Array(bytes)
  }

  readonly flush = (): void => {
    if (this.#messages.length === 0) return
    this.#last = undefined
    const messages = this.#messages
    const moved = this.#moved
    this.#messages = []
    this.#moved = []
    this.#port.postMessage(messages, moved)
  }
}
