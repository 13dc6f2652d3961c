/**
 * The way of a WebSocket between two shards: on each of them it stands for the side that the other shard has. What either
 * says goes in the messages of the request that it began with (messages.ts).
 */

import type { LineEnd, Message, Side } from '../web-socket/line.ts'
import { BROKEN, NO_SIDE } from '../web-socket/line.ts'
import type { Batch } from './batch.ts'
import type { OfLine } from './messages.ts'

export interface LineWayOptions {
  /** Of the request. */
  readonly number: number
  /** The other shard is its home. */
  readonly isToHome: boolean
  readonly batch: Batch
  /** Both sides have said that it is over. */
  onOver(): void
}

export class LineWay implements Side {
  readonly #options: LineWayOptions
  #other: Side = NO_SIDE
  #hasSaid = false
  #hasHeard = false

  constructor(options: LineWayOptions) {
    this.#options = options
  }

  // the side on this shard

  attach(other: Side): void {
    this.#other = other
  }

  message(message: Message): void {
    const { batch } = this.#options
    const { isText } = message
    this.#say(message, () => ({ type: 'line-message', isText, bytes: batch.shared(message.bytes) }))
  }

  taken(bytes: number): void {
    this.#say(bytes, () => ({ type: 'line-taken', bytes }))
  }

  closed(end: LineEnd): void {
    if (this.#hasSaid) return
    this.#hasSaid = true
    this.#say(end, () => ({ type: 'line-closed', end }))
    this.#leave()
  }

  // the other shard

  hear(message: OfLine): void {
    if (message.type === 'line-message') this.#other.message(message)
    else if (message.type === 'line-taken') this.#other.taken(message.bytes)
    else {
      this.#hasHeard = true
      this.#other.closed(message.end)
      this.#leave()
    }
  }

  /** The other shard is gone. */
  lost(end: LineEnd = BROKEN): void {
    if (!this.#hasHeard) this.#other.closed(end)
    this.#hasHeard = true
  }

  #say(said: unknown, toMessage: () => OfLine): void {
    const { batch, number, isToHome } = this.#options
    batch.addOfLine(number, isToHome, said, toMessage)
  }

  #leave(): void {
    if (this.#hasSaid && this.#hasHeard) this.#options.onOver()
  }
}
