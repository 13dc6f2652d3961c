/**
 * What a Durable Object keeps (wit/durable-storage.wit). Unlike other imports an operation acts at once: the turn stands still
 * until it is answered, and pays for the processor time that it took, of which a turn has so much. Nothing of it comes to the guest in
 * another way, and what it wrote is committed when the turn is over.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-durable-storage.d.ts'
import { toMessage } from '../storage/durable/message.ts'
import { Refused } from '../storage/durable/operation.ts'
import type { Binding, BindingContext } from './binding.ts'

/** What the first byte of an answer says. */
const DONE = new Uint8Array([0])
const REFUSED = new Uint8Array([1])

const NO_STORAGE = new Refused('only a Durable Object has a storage', { name: 'TypeError' })
/** Calls of `sync` that are not answered. */
const MOST_SYNCS = 1000

type Services = Pick<BindingContext, 'mailbox' | 'meter' | 'accounts' | 'objectStorage'>

export class DurableStorageBinding implements Binding {
  readonly #services: Services
  #syncs: number[] = []
  #pending = 0

  constructor(services: Services) {
    this.#services = services
  }

  /** The functions that the guest calls. */
  readonly imports = {
    perform: (operation: Wit.Operation, input: Uint8Array): Uint8Array => {
      const { accounts, meter, objectStorage } = this.#services
      meter.crossings++
      meter.durableCalls++
      try {
        if (objectStorage === undefined) throw NO_STORAGE
        const bytes = objectStorage.perform(operation, input, accounts.turnMs)
        meter.durableReadBytes += bytes.length
        meter.durableWrittenBytes += input.length
        return Buffer.concat([DONE, bytes])
      } catch (error) {
        meter.durableErrors++
        // anything else ends the turn, and the instance with it
        if (!(error instanceof Refused)) throw error
        const { name, code, message } = error
        return Buffer.concat([REFUSED, toMessage({ name, code, message })])
      }
    },
    sync: (id: number): void => {
      this.#services.meter.crossings++
      if (this.#pending >= MOST_SYNCS) return void this.#services.meter.ignored++
      this.#pending++
      this.#syncs.push(id)
    },
  } satisfies typeof Wit

  flush(): void {
    const { objectStorage } = this.#services
    objectStorage?.turnEnded()
    for (const id of this.#syncs.splice(0)) void this.#sync(id, objectStorage?.stored())
  }

  isPending(): boolean {
    return this.#pending > 0
  }

  [Symbol.dispose](): void {
    this.#syncs = []
  }

  async #sync(id: number, stored: Promise<void> | undefined): Promise<void> {
    // when it is lost, the object ends
    await stored?.catch(() => undefined)
    this.#pending--
    this.#services.mailbox.post({ tag: 'durable-stored', val: id }, 0)
  }
}

export const bind = (context: BindingContext): DurableStorageBinding => new DurableStorageBinding(context)
