/**
 * How often keys did something within a period: a table that all shards share, so that there is one count, which a shard that
 * dies does not take with it. It never grows: a key that finds its set full takes the place of the one with the lowest count.
 *
 *     | secret | set | set | ...      a set: WAYS entries, each | tag 64 | start 32, count 32 |
 *
 *     an entry:  free  --a key finds its set so-->  counting  --its period is over-->  counting, from 0
 *                                                      '--the lowest of a full set-->  another key's
 *
 * Threads change an entry by compare and exchange of one word, so that no step of another is lost and none waits. Which set a
 * key is in is as good as random to whoever chooses keys: what a flood of others can bring out of the table is what has been
 * counted less than they.
 */

import { hash, randomFillSync } from 'node:crypto'

/** What a key may do. */
export interface RateRule {
  /** How often within a period. */
  readonly limit: number
  readonly periodS: number
}

/**
 * Counts what keys do. It answers at once, with what is known here: one of a fleet has to be told of the others' counts beside
 * the calls, not by waiting within them.
 */
export interface RateCounter {
  /** Whether the count was below the limit; then it is `delta` more. */
  take(key: Uint8Array, rule: RateRule, delta: number): boolean
}

/** The longest period that there is. */
const MOST_PERIOD_S = 60

const WAYS = 8
const SETS = 2048
const WORDS = 2
const WORD_BYTES = 8
const SECRET_BYTES = 32
const ENTRY_BITS = 32n
const COUNT_MASK = 0xffff_ffffn
const MOST_COUNT = 0xffff_ffff
const FREE = 0n
/** Of the clock. */
const TICKS_PER_S = 10
const NS_PER_TICK = 100_000_000n

/** An empty one. */
export function createRateTable(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(SECRET_BYTES + SETS * WAYS * WORDS * WORD_BYTES)
  randomFillSync(new Uint8Array(memory, 0, SECRET_BYTES))
  return memory
}

export class RateTable implements RateCounter {
  readonly #secret: Uint8Array
  readonly #words: BigInt64Array
  readonly #now: () => number

  /** `now`: ticks of a clock that all threads have and that never goes back. */
  constructor(memory: SharedArrayBuffer, now = toTicks) {
    this.#secret = new Uint8Array(memory, 0, SECRET_BYTES).slice()
    this.#words = new BigInt64Array(memory, SECRET_BYTES)
    this.#now = now
  }

  take(key: Uint8Array, { limit, periodS }: RateRule, delta: number): boolean {
    const words = this.#words
    // periods are counted apart, so that a short one does not end a long one
    const digest = hash('sha256', Buffer.concat([this.#secret, Uint8Array.of(periodS), key]), 'buffer')
    const tag = digest.readBigInt64LE(0) || 1n
    const set = (digest.readUInt32LE(WORD_BYTES) % SETS) * WAYS * WORDS
    const now = this.#now()
    for (;;) {
      const at = this.#find(tag, set, now)
      if (at === undefined) continue
      const before = Atomics.load(words, at)
      const isOver = isPast(before, now, periodS)
      const count = isOver ? 0 : toCount(before)
      if (count >= limit) return false
      const next = pack(isOver ? now : toStart(before), Math.min(count + delta, MOST_COUNT))
      if (Atomics.compareExchange(words, at, before, next) === before) return true
    }
  }

  /** Where its count stands, a place made for it if need be. Undefined: somebody else took that. */
  #find(tag: bigint, set: number, now: number): number | undefined {
    const words = this.#words
    let place = set
    let least = Infinity
    let holder = FREE
    for (let at = set; at < set + WAYS * WORDS; at += WORDS) {
      const found = Atomics.load(words, at)
      if (found === tag) return at + 1
      const weight = toWeight(found, Atomics.load(words, at + 1), now)
      if (weight >= least) continue
      place = at
      least = weight
      holder = found
    }
    if (Atomics.compareExchange(words, place, holder, tag) !== holder) return undefined
    if (holder !== FREE) Atomics.store(words, place + 1, FREE)
    return place + 1
  }
}

/** What would be lost with an entry. */
function toWeight(tag: bigint, word: bigint, now: number): number {
  if (tag === FREE) return -1
  return isPast(word, now, MOST_PERIOD_S) ? 0 : toCount(word)
}

const isPast = (word: bigint, now: number, periodS: number): boolean =>
  word === FREE || now - toStart(word) >= periodS * TICKS_PER_S

const toStart = (word: bigint): number => Number((word >> ENTRY_BITS) & COUNT_MASK)
const toCount = (word: bigint): number => Number(word & COUNT_MASK)
const pack = (start: number, count: number): bigint =>
  BigInt.asIntN(64, (BigInt(start) << ENTRY_BITS) | BigInt(count))

function toTicks(): number {
  return Number((process.hrtime.bigint() / NS_PER_TICK) & COUNT_MASK)
}
