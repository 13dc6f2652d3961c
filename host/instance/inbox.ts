/**
 * Events that wait for a guest, in a line for each source, the sources by turns. What belongs to no source that is known
 * belongs to the app. Pure.
 */
import type { GuestEvent } from '../bindings/binding.ts'

/** The most events that one turn takes. */
const TURN_EVENTS = 32

/** The most events that may wait: a guest that sets off more gets no further. */
export const MOST_EVENTS = 20_000

/** What one turn is about. */
export interface Delivery {
  readonly source: number
  readonly events: GuestEvent[]
}

/** One instance's. */
export class Inbox {
  /** By source; the next one first. */
  readonly #lines = new Map<number, GuestEvent[]>()
  #size = 0

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** False when there is no room for it. */
  push(event: GuestEvent, source: number): boolean {
    if (this.#size >= MOST_EVENTS) return false
    this.#size++
    const line = this.#lines.get(source)
    if (line === undefined) this.#lines.set(source, [event])
    else line.push(event)
    return true
  }

  /** The events of the next source that may have a turn, some of them if there are many. `mayRun`: whether it may. */
  take(mayRun: (source: number) => boolean): Delivery | undefined {
    for (const [source, line] of this.#lines) {
      if (!mayRun(source)) continue
      this.#lines.delete(source)
      const events = line.length > TURN_EVENTS ? line.splice(0, TURN_EVENTS) : line
      if (events !== line) this.#lines.set(source, line)
      this.#size -= events.length
      return { source, events }
    }
    return undefined
  }

  /** An event of this kind, whosever it is. */
  takeOne(tag: GuestEvent['tag']): Delivery | undefined {
    for (const [source, line] of this.#lines) {
      const at = line.findIndex((event) => event.tag === tag)
      if (at < 0) continue
      if (line.length === 1) this.#lines.delete(source)
      this.#size--
      return { source, events: line.splice(at, 1) }
    }
    return undefined
  }

  has(tag: GuestEvent['tag']): boolean {
    for (const line of this.#lines.values()) if (line.some((event) => event.tag === tag)) return true
    return false
  }

  /** The sources that have events. */
  get sources(): Iterable<number> {
    return this.#lines.keys()
  }

  /** What waits for one source is another one's from here on. */
  move(from: number, to: number): void {
    const line = this.#lines.get(from)
    if (line === undefined) return
    this.#lines.delete(from)
    const before = this.#lines.get(to)
    if (before === undefined) this.#lines.set(to, line)
    else for (const event of line) before.push(event)
  }

  clear(): void {
    this.#lines.clear()
    this.#size = 0
  }
}
