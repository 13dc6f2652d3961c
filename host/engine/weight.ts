/**
 * What a guest's memory takes of the machine's. Pages that it shares with other memories do not count, as long as nobody has written
 * to them; where pages are copied (image/resident.ts) all of it does. To look costs a tenth of a millisecond: who asks looks seldom.
 *
 *     unknown: all of it  --look-->  known, and all that it grows by from then on  --look-->  known ...
 */
import { findOwnPages, OWN_PAGE } from '../native/own-pages.ts'
import type { Spare } from './spares.ts'

/** So long what was seen holds. */
const LOOK_MS = 10_000
/** Unless it has grown by so much. */
const LOOK_BYTES = 1024 * 1024
/** Of a larger one what it shares is little, and to look takes long. */
const MOST_BYTES = 64 * 1024 * 1024

export class Weight {
  readonly #spare: Spare
  /** Of what it had when it was looked at what it shares. */
  #sharedBytes = 0
  #seenBytes = 0
  #lookedAt = -Infinity

  constructor(spare: Spare) {
    this.#spare = spare
  }

  get bytes(): number {
    return this.#length - this.#sharedBytes
  }

  /** Its guest has nothing to do. `now`: in milliseconds. */
  look(now: number): void {
    const { blank, filling } = this.#spare
    if (filling?.mapped === undefined || this.#length > MOST_BYTES) return
    if (now - this.#lookedAt < LOOK_MS && this.#length - this.#seenBytes < LOOK_BYTES) return
    const own = findOwnPages(blank.memory)
    if (own === undefined) return
    this.#lookedAt = now
    this.#seenBytes = this.#length
    this.#sharedBytes = this.#length - own.length * OWN_PAGE
  }

  get #length(): number {
    return this.#spare.blank.memory.buffer.byteLength
  }
}
