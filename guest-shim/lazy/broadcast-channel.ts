/** Messages to all channels of a name (HTML 9.5), within the instance: instances share nothing. */

import { defineHandler, EventTarget, fire } from '../globals/event-target.ts'
import { NativeDOMException } from '../globals/primordials.ts'
import { structuredClone } from '../globals/structured-clone.ts'
import { setTimeout } from '../globals/timers.ts'
import { requireArguments, toText } from '../globals/web-idl.ts'
import { MessageEvent } from './message-event.ts'

/** In the order in which they were made. */
const open = new Set<BroadcastChannel>()

export class BroadcastChannel extends EventTarget {
  readonly #name: string

  constructor(name: unknown) {
    requireArguments(arguments.length, 1, 'BroadcastChannel')
    super()
    this.#name = toText(name)
    open.add(this)
  }

  get name(): string {
    return this.#name
  }

  postMessage(message: unknown): void {
    requireArguments(arguments.length, 1, 'postMessage')
    // a receiver that is none
    void this.#name
    if (!open.has(this)) throw new NativeDOMException('the channel is closed', 'InvalidStateError')
    const copy = structuredClone(message)
    for (const channel of open) {
      if (channel === this || channel.#name !== this.#name) continue
      setTimeout(() => {
        if (open.has(channel)) fire(channel, new MessageEvent('message', { data: structuredClone(copy) }))
      }, 0)
    }
  }

  close(): void {
    void this.#name
    open.delete(this)
  }
}

for (const type of ['message', 'messageerror']) defineHandler(BroadcastChannel.prototype, type)
