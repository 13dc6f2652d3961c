/**
 * What a Durable Object keeps (wit/durable-storage.wit). Unlike other imports an operation acts at once: the turn stands still
 * until it is answered, for as long as a turn may take at most, and pays for that as for processor time. Nothing of it comes to the guest in
 * another way, and what it wrote is committed when the turn is over.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-durable-storage.d.ts'
import { toMessage } from '../storage/durable/message.ts'
import type { ObjectStorage } from '../storage/durable/object-storage.ts'
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
  /** How long the turn has stood still, in milliseconds. */
  #waitedMs = 0

  constructor(services: Services) {
    this.#services = services
  }

  /** The functions that the guest calls. */
  readonly imports = {
    perform: (operation: Wit.Operation, input: Uint8Array): Uint8Array => {
      const { meter, objectStorage } = this.#services
      meter.crossings++
      meter.durableCalls++
      try {
        if (objectStorage === undefined) throw NO_STORAGE
        const bytes = this.#perform(objectStorage, operation, input)
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

  /** How long the turn that is over stood still. Asked once for each. */
  takeWaitedMs(): number {
    const waitedMs = this.#waitedMs
    this.#waitedMs = 0
    return waitedMs
  }

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

  #perform(storage: ObjectStorage, operation: Wit.Operation, input: Uint8Array): Uint8Array {
    const begun = performance.now()
    try {
      return storage.perform(operation, input, this.#services.accounts.turnMs - this.#waitedMs)
    } finally {
      this.#waitedMs += performance.now() - begun
    }
  }

  async #sync(id: number, stored: Promise<void> | undefined): Promise<void> {
    // when it is lost, the object ends
    await stored?.catch(() => undefined)
    this.#pending--
    this.#services.mailbox.post({ tag: 'durable-stored', val: id }, 0)
  }
}

export const bind = (context: BindingContext): DurableStorageBinding => new DurableStorageBinding(context)
