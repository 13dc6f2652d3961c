/**
 * What a guest has under way with one interface, by its own ids: fetches, calls to data, connections. What it asks of one within a
 * turn is noted, and done when the turn is over. Ids that the guest has no use of are counted, and else ignored.
 *
 *     start: admit, add  >  write, pull ...: find  >  the turn is over: act  >  the guest has heard its end: delete
 */

import { NumberTable } from '../limits/number-table.ts'
import type { Meter } from './binding.ts'

/** One of them. */
export interface OpenCall extends Disposable {
  /** Whether the guest may still ask for something. */
  readonly isOpen: boolean
  /** Whether it is going to bring the guest an event. */
  readonly isPending: boolean
  /** Do what the guest asked for in the turn that just ended. */
  act(): void
}

export class OpenCalls<Call extends OpenCall> implements Disposable {
  readonly #meter: Meter
  readonly #calls = new NumberTable<Call>()
  /** By their ids as well. */
  readonly #touched = new NumberTable<Call>()

  constructor(meter: Meter) {
    this.#meter = meter
  }

  get size(): number {
    return this.#calls.size
  }

  /** One of them brings an event. */
  get isPending(): boolean {
    return this.#calls.some((call) => call.isPending)
  }

  values(): readonly Call[] {
    return this.#calls.values()
  }

  get(id: number): Call | undefined {
    return this.#calls.get(id)
  }

  /** Whether the guest may begin one with this id. */
  admit(id: number): boolean {
    this.#meter.crossings++
    if (!this.#calls.has(id)) return true
    this.#meter.ignored++
    return false
  }

  add(id: number, call: Call): void {
    this.#calls.set(id, call)
  }

  /** The guest has heard all that it will hear of it. */
  delete(id: number): void {
    this.#calls.delete(id)
  }

  /** The one that the guest asks something of. */
  find(id: number): Call | undefined {
    this.#meter.crossings++
    const call = this.#calls.get(id)
    if (call?.isOpen === true) {
      this.#touched.set(id, call)
      return call
    }
    this.#meter.ignored++
    return undefined
  }

  /** It has something to do when the turn is over. */
  touch(id: number, call: Call): void {
    this.#touched.set(id, call)
  }

  /** The turn is over. */
  act(): void {
    if (this.#touched.size === 0) return
    const touched = this.#touched.values()
    this.#touched.clear()
    for (const call of touched) call.act()
  }

  /** The guest is gone. */
  [Symbol.dispose](): void {
    for (const call of this.#calls.values()) call[Symbol.dispose]()
    this.#calls.clear()
    this.#touched.clear()
  }
}
