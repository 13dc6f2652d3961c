/**
 * What a guest is still to be told, and which of it the next turn is about: the new requests together, or else events of
 * one source that has processor time left.
 *
 *     addRequest(id)  >  new requests ------.
 *     post(event)     >  inbox, by source --+-->  take()  >  one turn
 *
 * The first turn begins with what starts the app. Pure.
 */
import { performance } from 'node:perf_hooks'
import type { GuestEvent } from '../bindings/binding.ts'
import { APP } from '../limits/account.ts'
import { Inbox, type Delivery } from './inbox.ts'

/** The guest has one alarm for all of its timers. */
const CLOCK = 'timer-due'

/** What a turn is about. */
export interface Turn extends Delivery {
  /** The source, or the new requests. */
  readonly payers: readonly number[]
}

/** One instance's. */
export class Agenda {
  readonly #inbox = new Inbox()
  readonly #toWaitMs: (source: number, now: number) => number
  readonly #isOneByOne: boolean
  /** What the first turn begins with. */
  #first: readonly GuestEvent[]
  /** New requests, and their events. */
  #new: number[] = []
  #newEvents: GuestEvent[] = []
  #isFlooded = false
  /** Sources that go on alone, and how often each asked for it; none: all go on. */
  readonly #alone = new Map<number, number>()

  /**
   * `toWaitMs`: how long a source has to wait until it may have a turn; 0: it need not. `isOneByOne`: a new request has a turn of
   * its own, so that nothing of another one comes between what it reads of a storage that answers at once, and what it writes.
   */
  constructor(
    first: readonly GuestEvent[],
    toWaitMs: (source: number, now: number) => number,
    isOneByOne = false,
  ) {
    this.#first = first
    this.#toWaitMs = toWaitMs
    this.#isOneByOne = isOneByOne
  }

  /** A request, or more than one, that the guest has not heard of. */
  get hasNew(): boolean {
    return this.#new.length > 0
  }

  /** The guest is to be told nothing. */
  get isEmpty(): boolean {
    return this.#inbox.isEmpty && this.#new.length === 0
  }

  /** More events were to wait than may. */
  get isFlooded(): boolean {
    return this.#isFlooded
  }

  /** `body`: the whole of it, when it is here. */
  addRequest(id: number, request: GuestEvent, body?: Uint8Array): void {
    this.#new.push(id)
    this.#newEvents.push(request)
    if (body !== undefined) {
      this.#newEvents.push({ tag: 'request-body', val: { id, bytes: body, last: true } })
    }
  }

  post(event: GuestEvent, source: number): void {
    if (!this.#inbox.push(event, source)) this.#isFlooded = true
  }

  /** Nothing but events of this source, and of nobody's, comes until it says so as often. */
  block(source: number): void {
    this.#alone.set(source, (this.#alone.get(source) ?? 0) + 1)
  }

  unblock(source: number): void {
    const times = this.#alone.get(source) ?? 0
    if (times > 1) this.#alone.set(source, times - 1)
    else this.#alone.delete(source)
  }

  get isBlocked(): boolean {
    return this.#alone.size > 0
  }

  /** The source is known no longer: what waits for it is the app's from here on. */
  close(source: number): void {
    if (!this.#inbox.isEmpty) this.#inbox.move(source, APP)
  }

  /** How long it takes until there may be a turn; infinite when there is nothing to say. */
  get waitMs(): number {
    if (this.#new.length > 0 && !this.isBlocked) return 0
    if (this.#inbox.isEmpty) return Infinity
    if (this.isBlocked && this.#inbox.has(CLOCK)) return 0
    const now = performance.now()
    let least = Infinity
    for (const source of this.#inbox.sources) {
      if (this.#mayGoOn(source)) least = Math.min(least, this.#toWaitMs(source, now))
      if (least === 0) break
    }
    return least
  }

  /** What the next turn is about, if there may be one. */
  take(): Turn | undefined {
    const next = this.#new.length > 0 && !this.isBlocked ? this.#takeNew() : this.#takeWaiting()
    if (next === undefined || this.#first.length === 0) return next
    const events = [...this.#first, ...next.events]
    this.#first = []
    return { ...next, events }
  }

  /** Nothing is to be said any more. Gives the requests that the guest has not heard of. */
  clear(): readonly number[] {
    const unheard = this.#new
    this.#new = []
    this.#newEvents = []
    this.#inbox.clear()
    return unheard
  }

  #takeNew(): Turn {
    if (this.#isOneByOne) {
      const hasBody = this.#newEvents[1]?.tag === 'request-body'
      return {
        source: APP,
        payers: this.#new.splice(0, 1),
        events: this.#newEvents.splice(0, hasBody ? 2 : 1),
      }
    }
    const turn = { source: APP, payers: this.#new, events: this.#newEvents }
    this.#new = []
    this.#newEvents = []
    return turn
  }

  #takeWaiting(): Turn | undefined {
    const now = performance.now()
    // the guest keeps back what is not to go on
    const alarm = this.isBlocked ? this.#inbox.takeOne(CLOCK) : undefined
    if (alarm !== undefined) return { ...alarm, payers: [alarm.source] }
    const next = this.#inbox.take((source) => this.#mayGoOn(source) && this.#toWaitMs(source, now) === 0)
    return next && { ...next, payers: [next.source] }
  }

  #mayGoOn(source: number): boolean {
    return !this.isBlocked || source === APP || this.#alone.has(source)
  }
}
