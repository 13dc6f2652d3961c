/**
 * Events that wait for a guest, in a line for each source, the sources by turns. What belongs to no source that is known
 * belongs to the app. Pure.
 */
import type { GuestEvent } from '../bindings/binding.ts'
import { Chain, Link } from '../limits/chain.ts'
import { NumberTable } from '../limits/number-table.ts'

/** The most events that one turn takes. */
const TURN_EVENTS = 32

/** The most events that may wait: a guest that sets off more gets no further. */
export const MOST_EVENTS = 20_000

/** What one turn is about. */
export interface Delivery {
  readonly source: number
  readonly events: GuestEvent[]
}

/** What waits for one source. */
class Line extends Link {
  readonly source: number
  readonly events: GuestEvent[]

  constructor(source: number, events: GuestEvent[]) {
    super()
    this.source = source
    this.events = events
  }
}

/** One instance's. */
export class Inbox {
  /** Of sources; the next one first. */
  readonly #turns = new Chain<Line>()
  /** The same, by source. */
  readonly #lines = new NumberTable<Line>()
  #size = 0

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** False when there is no room for it. */
  push(event: GuestEvent, source: number): boolean {
    if (this.#size >= MOST_EVENTS) return false
    this.#size++
    const line = this.#lines.get(source)
    if (line === undefined) this.#open(source, [event])
    else line.events.push(event)
    return true
  }

  /** The events of the next source that may have a turn, some of them if there are many. `mayRun`: whether it may. */
  take(mayRun: (source: number) => boolean): Delivery | undefined {
    let line = this.#turns.first
    while (line !== undefined && !mayRun(line.source)) line = this.#turns.after(line)
    if (line === undefined) return undefined
    const { source, events: all } = line
    this.#close(line)
    const events = all.length > TURN_EVENTS ? all.splice(0, TURN_EVENTS) : all
    if (events !== all) this.#open(source, all)
    this.#size -= events.length
    return { source, events }
  }

  /** An event of this kind, whosever it is. */
  takeOne(tag: GuestEvent['tag']): Delivery | undefined {
    for (const line of this.#turns) {
      const { source, events } = line
      const at = events.findIndex((event) => event.tag === tag)
      if (at < 0) continue
      if (events.length === 1) this.#close(line)
      this.#size--
      return { source, events: events.splice(at, 1) }
    }
    return undefined
  }

  has(tag: GuestEvent['tag']): boolean {
    return this.#lines.some(({ events }) => events.some((event) => event.tag === tag))
  }

  /** The sources that have events. */
  get sources(): readonly number[] {
    return this.#lines.numbers()
  }

  /** What waits for one source is another one's from here on. */
  move(from: number, to: number): void {
    const line = this.#lines.get(from)
    if (line === undefined) return
    this.#close(line)
    const before = this.#lines.get(to)
    if (before === undefined) this.#open(to, line.events)
    else for (const event of line.events) before.events.push(event)
  }

  clear(): void {
    for (const line of this.#lines.values()) this.#close(line)
    this.#size = 0
  }

  #open(source: number, events: GuestEvent[]): void {
    const line = new Line(source, events)
    this.#lines.set(source, line)
    this.#turns.add(line)
  }

  #close(line: Line): void {
    this.#lines.delete(line.source)
    this.#turns.delete(line)
  }
}
