/**
 * A body that goes out, at the pace that the host takes it.
 *
 *     open  --finish, all of its length-->  finishing  --nothing left-->  closed      any  --cut-->  closed
 */

import { OutgoingBody } from 'wasi:http/types'
import type { OutputStream } from 'wasi:io/streams'
import { toMessage } from './lines.ts'
import { forgetWait, type Wait, waitFor } from './reactor.ts'

/** A stream's own way of `check-write` may allow as little as this at once. */
const MOST_AT_ONCE = 64 * 1024

export interface SinkListener {
  /** Everything was taken, after `write` gave false. */
  room(): void
  /** Nothing more is going out. `failure`: not all of it has. */
  closed(failure: string | undefined): void
}

export class BodySink {
  readonly #body: OutgoingBody
  readonly #stream: OutputStream
  readonly #listener: SinkListener
  /** Bytes that are still to come; undefined: nobody knows. */
  #missing: number | undefined
  #left: Uint8Array[] = []
  #state: 'open' | 'finishing' | 'closed' = 'open'
  #wait: Wait | undefined

  /** `length`: what the head says. Once it is there the body is whole, whatever comes behind it. */
  constructor(body: OutgoingBody, length: number | undefined, listener: SinkListener) {
    this.#body = body
    this.#stream = body.write()
    this.#missing = length
    this.#listener = listener
  }

  /** False: wait for `room`. */
  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true
    const part = this.#missing === undefined ? bytes : bytes.subarray(0, this.#missing)
    if (part.length > 0) this.#left.push(part)
    if (this.#missing !== undefined) this.#missing -= part.length
    if (this.#missing === 0) this.#state = 'finishing'
    this.#drain()
    return this.#left.length === 0
  }

  finish(): void {
    if (this.#state !== 'open') return
    if (this.#missing !== undefined && this.#missing > 0)
      return this.cut('the body is shorter than its head says')
    this.#state = 'finishing'
    this.#drain()
  }

  /** What has not gone out does not; whoever reads it is not told that it is whole. */
  cut(failure: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    if (this.#wait !== undefined) forgetWait(this.#wait)
    this.#stream[Symbol.dispose]()
    this.#body[Symbol.dispose]()
    this.#listener.closed(failure)
  }

  #drain(): void {
    if (this.#wait !== undefined || this.#state === 'closed') return
    try {
      while (this.#left.length > 0) {
        const room = Math.min(Number(this.#stream.checkWrite()), MOST_AT_ONCE)
        if (room === 0) return this.#await()
        const next = this.#left[0]!
        this.#stream.write(next.subarray(0, room))
        if (next.length > room) this.#left[0] = next.subarray(room)
        else this.#left.shift()
      }
      this.#stream.flush()
      if (this.#state === 'finishing') this.#close()
    } catch (error) {
      this.cut(toMessage(error))
    }
  }

  #await(): void {
    this.#wait = waitFor(this.#stream.subscribe(), () => {
      this.#wait = undefined
      this.#drain()
      if (this.#state === 'open' && this.#left.length === 0) this.#listener.room()
    })
  }

  #close(): void {
    this.#state = 'closed'
    this.#stream[Symbol.dispose]()
    OutgoingBody.finish(this.#body, undefined)
    this.#listener.closed(undefined)
  }
}
