/**
 * Who of a shard's tenants has the next turn. A turn is never cut, so whoever comes after another one waits for its end.
 * Tenants whose turns are not short queue in a lane of their own, which takes `LONG_MS` every few rounds of the event
 * loop, or one turn that is longer: a neighbour waits for so much and not for all of them. And after a long turn, while other
 * tenants are busy, the lane rests for as long as the turn took, for those who had many: long turns together have half
 * of the shard's time at the most.
 *
 *     short turns:  event loop  >  turn
 *     others:       lane  >  has it rested, or is nobody else busy?  >  some turns  >  event loop  >  the next ones
 */
import { performance } from 'node:perf_hooks'

/** A turn of so many milliseconds is not short, and one of so many is long. */
const SLOW_MS = 5
const LONG_MS = 20

/** For so many times what it took a turn is remembered, whatever short ones come in between. */
const MEMORY = 10

/** A tenant with so many milliseconds of long turns is a heavy one; they are forgotten by and by. */
const HEAVY_MS = 100
const FORGETTING_MS = 1000

/** Rounds of the event loop that the others have to themselves: a connection, a request on it, its turn take one each. */
const ROUNDS = 3

/** How often a lane that rests looks whether others are busy, and after how many looks that saw no turn they are not. */
const LOOK_MS = 2
const QUIET_LOOKS = 5

/** One tenant's way to its turns. */
export interface Place {
  /** Calls `run` when it is the tenant's turn, never at once. */
  schedule(run: () => void): void
  /** A turn of the tenant has just ended and took so many milliseconds of processor time. */
  took(ms: number): void
}

/** A turn in the lane. */
interface Waiting {
  readonly place: Place
  readonly isHeavy: boolean
  readonly run: () => void
}

/** The turns of one shard. */
export class SlowLane {
  readonly #waiting: Waiting[] = []
  #isPassing = false
  #rounds = 0
  /** Who had the last turn that was not long; the looks since then, and since another one had such a turn. */
  #last: Place | undefined
  #lastLooks = QUIET_LOOKS
  #otherLooks = QUIET_LOOKS
  #restsUntil = 0

  /** A place for one tenant. */
  open(): Place {
    let slowUntil = 0
    /** When what is left of its long turns is less than `HEAVY_MS`. */
    let heavyUntil = Number.NEGATIVE_INFINITY
    const place: Place = {
      schedule: (run) => {
        // the one comparison that a tenant of short turns costs
        if (slowUntil > 0) {
          const now = performance.now()
          if (now < slowUntil) return this.#wait({ place, isHeavy: now < heavyUntil, run })
          slowUntil = 0
        }
        setImmediate(run)
      },
      took: (ms) => {
        const now = performance.now()
        if (ms >= SLOW_MS) {
          slowUntil = Math.max(slowUntil, now + MEMORY * ms)
          this.#rounds = ROUNDS
        }
        if (ms < LONG_MS) return this.#note(place)
        // long turns so far, of which less is left with time, and this one
        const sum = HEAVY_MS * Math.exp((heavyUntil - now) / FORGETTING_MS) + ms
        heavyUntil = now + FORGETTING_MS * Math.log(sum / HEAVY_MS)
        this.#restsUntil = now + ms
      },
    }
    return place
  }

  #note(place: Place): void {
    if (place !== this.#last) {
      this.#otherLooks = this.#lastLooks
      this.#last = place
    }
    this.#lastLooks = 0
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#isPassing) return
    this.#isPassing = true
    setImmediate(this.#pass)
  }

  /** Lets those pass that may, as many as there is time for, and comes again while there are others. */
  readonly #pass = (): void => {
    if (this.#rounds-- > 0) return void setImmediate(this.#pass)
    const end = performance.now() + LONG_MS
    for (let now = 0; now < end; now = performance.now()) {
      const index = this.#findNext()
      if (index < 0) break
      this.#waiting.splice(index, 1)[0]!.run()
    }
    this.#isPassing = this.#waiting.length > 0
    if (!this.#isPassing) return
    if (this.#findNext() >= 0) return void setImmediate(this.#pass)
    this.#lastLooks++
    this.#otherLooks++
    setTimeout(this.#pass, LOOK_MS).unref()
  }

  /** The first one that may pass. */
  #findNext(): number {
    const hasRested = performance.now() >= this.#restsUntil
    return this.#waiting.findIndex(({ isHeavy, place }) => !isHeavy || hasRested || this.#isAlone(place))
  }

  /** Whether no other tenant is busy. */
  #isAlone(place: Place): boolean {
    return (place === this.#last ? this.#otherLooks : this.#lastLooks) >= QUIET_LOOKS
  }
}
