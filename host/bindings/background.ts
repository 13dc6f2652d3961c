/**
 * Work that outlives a response (wit/background.wit). A hold keeps an instance that is to be replaced; it does not
 * count as something that is going to bring the guest an event.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-background.d.ts'
import type { Binding, Meter } from './binding.ts'

/** The requests of an instance that have pending `waitUntil` promises. */
export class BackgroundBinding implements Binding {
  readonly #held = new Set<number>()
  readonly #isIssued: (id: number) => boolean
  readonly #meter: Meter

  /** `isIssued` says whether an id ever belonged to a request of this instance. */
  constructor(meter: Meter, isIssued: (id: number) => boolean) {
    this.#meter = meter
    this.#isIssued = isIssued
  }

  /** The functions that the guest calls. */
  readonly imports = {
    hold: (id: number): void => {
      this.#meter.crossings++
      if (this.#isIssued(id)) this.#held.add(id)
      else this.#meter.ignored++
    },
    release: (id: number): void => {
      this.#meter.crossings++
      if (!this.#held.delete(id)) this.#meter.ignored++
    },
  } satisfies typeof Wit

  get size(): number {
    return this.#held.size
  }

  flush(): void {
    // a hold asks for nothing
  }

  isPending(): boolean {
    return false
  }

  [Symbol.dispose](): void {
    this.#held.clear()
  }
}
