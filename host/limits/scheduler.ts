/**
 * Who of a shard's tenants has the next turn: start-time fair queueing (Goyal, Vin, Cheng 1996) by processor time. A
 * turn is never cut, so all that can be chosen is who comes next.
 *
 * Each tenant has a place on one virtual time line, in milliseconds of processor time. A tenant that gets something to
 * do begins where its last turn ended, or now, if that is later: what it did not use while it was idle is not saved up.
 * Next comes the tenant whose turn, as long as it is expected to be, would end first; of short ones the one that begins
 * first. What a tenant had more than others lately counts when it is much.
 *
 *     idle  --wake: begin = max(its end, now)-->  waiting  --least begin + expected-->  its turn: end = begin + what it took
 *     its turn  --more to do: begin = its end-->  waiting            its turn  --nothing-->  idle
 *     any  --close-->  closed: it is in no list, and has no turn any more
 *
 *     now = the earliest begin of those that wait; it never goes back
 *
 * Tenants whose turns are short are a class of their own, which comes first as long as it does not have much more of the
 * time than the others together. So:
 *
 * - Of two classes that always have something to do each has half of the time; within a class the tenants have equal parts.
 * - A tenant waits for no more of another one of its class than a turn, or as much time as its own turn takes. One with
 *   short turns waits for one of the others.
 * - What a turn will take is expected from the tenant's turns lately, before the first of which a long one is assumed. So
 *   whoever has shown nothing yet waits until those who have shown short turns have had theirs.
 * - Of the others whoever owes nothing and has waited for too long comes first, in every other round at the most.
 *
 * Turns are had until a round's time is over; then the event loop serves its sockets. It takes one new connection each
 * time, and the request on it the next time: before another long turn it comes round until there are no new ones, or
 * there were many for as long as half of the time that it was kept from it.
 */
import { CpuClock } from './cpu-clock.ts'
import { JobPool } from './job-pool.ts'
import { Heap, type Heaped } from './heap.ts'

/** For so many milliseconds turns follow one another before sockets are served. A turn that takes less is short. */
const ROUND_MS = 2

/** So much more than the others those with short turns may have had. */
const LEAD_MS = 10

/** How often the event loop comes round before another long turn, after one and after a new connection. */
const PAUSES = 2

/** After a long turn so many new connections are waited for, and more for this part of what it took. */
const GREETINGS = 16
const GREETING_SHARE = 0.5

/** Who waits for longer, and owes nothing, comes next, whatever is expected of its turn. */
const PATIENCE_MS = 250

/** What is expected at first of a tenant, or `cpu_ms`, if that is less. */
const ASSUMED_MS = 20

/** What a turn weighs in what is expected of the next one. */
const WEIGHT = 1 / 8

/** So much more than others a tenant may have had before it waits for them: of 200 a pause of 5 ms would cost it a second. */
const SLACK_MS = 50

/** So much less than the others those with short turns may have had. */
const LAG_MS = 50

/** What a share asks of its scheduler. */
interface SharePort {
  wait(share: Share): void
  leave(share: Share): void
}

/** One tenant's way to its turns. */
export class Share implements Heaped {
  /** When its next turn begins, or is expected to end. */
  key = 0
  age = 0
  index = -1
  /** When its next turn begins. */
  begin = 0
  /** Milliseconds of the scheduler's clock since which it waits. */
  since = 0
  /** One turn; whether there is more to do. */
  readonly run: () => boolean
  readonly #port: SharePort
  #expectedMs: number
  #isClosed = false

  constructor(run: () => boolean, assumedMs: number, port: SharePort) {
    this.run = run
    this.#expectedMs = assumedMs
    this.#port = port
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** What a turn took lately. */
  get expectedMs(): number {
    return this.#expectedMs
  }

  get isShort(): boolean {
    return this.#expectedMs <= ROUND_MS
  }

  /** There is something to do: `run` is called when it is the tenant's turn, and never at once. */
  wake(): void {
    if (this.index < 0 && !this.#isClosed) this.#port.wait(this)
  }

  /** No more turns; the one that goes on is the last. */
  close(): void {
    this.#isClosed = true
    this.#port.leave(this)
  }

  /** A turn took so many milliseconds. */
  took(ms: number): void {
    this.begin += ms
    this.#expectedMs += (ms - this.#expectedMs) * WEIGHT
  }
}

/** The turns of one shard. */
export class Scheduler {
  /** Measures the turns. */
  readonly clock: CpuClock
  /** For work off the shard's thread. */
  readonly jobs = new JobPool()
  readonly #short = new Heap<Share>()
  readonly #long = new Heap<Share>()
  /** All that wait, in the order in which they came. */
  readonly #order = new Set<Share>()
  #now = 0
  /** What those with short turns had more than the others since both waited. */
  #leadMs = 0
  #ages = 0
  #isScheduled = false
  /** How often the event loop is to come round before the next turn that is not short. */
  #pauses = 0
  /** Comes before the others of its class, and not in two rounds in a row. */
  #oldest: Share | undefined
  #hadOldest = false
  /** New connections since the last long turn, and until when there may be more of them. */
  #greeted = 0
  #greetUntil = 0
  #running: Share | undefined

  constructor(clock = new CpuClock()) {
    this.clock = clock
  }

  /** A share for one tenant. `run`: one turn, true when there is more to do. `mostMs`: the longest that a turn may be. */
  open(run: () => boolean, mostMs: number): Share {
    return new Share(run, Math.min(mostMs, ASSUMED_MS), this.#port)
  }

  /** A connection came: the request on it comes with the next round, and is waited for before a longer turn. */
  greet(): void {
    if (this.#greeted++ < GREETINGS || this.clock.now() < this.#greetUntil) this.#pauses = PAUSES
  }

  readonly #port: SharePort = {
    wait: (share) => {
      // one that is at its turn says at the end whether there is more
      if (share === this.#running) return
      share.begin = Math.max(share.begin, this.#now)
      this.#enter(share)
      this.#schedule()
    },
    leave: (share) => this.#leave(share),
  }

  #enter(share: Share): void {
    share.age = ++this.#ages
    const begin = Math.max(this.#now, share.begin - SLACK_MS)
    // what is expected of a short turn says less than it costs to wait for it
    share.key = share.isShort ? begin : begin + share.expectedMs
    share.since = this.clock.now()
    this.#toHeap(share).push(share)
    this.#order.add(share)
  }

  /** It waits no longer. */
  #leave(share: Share): void {
    this.#toHeap(share).remove(share)
    this.#order.delete(share)
    if (share === this.#oldest) this.#oldest = undefined
  }

  /** Its class does not change while it waits. */
  #toHeap({ isShort }: Share): Heap<Share> {
    return isShort ? this.#short : this.#long
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#round)
  }

  readonly #round = (): void => {
    this.#isScheduled = false
    const start = this.clock.now()
    let now = start
    this.#advance()
    if (this.#pauses > 0) this.#pauses--
    else this.#oldest = this.#hadOldest ? undefined : this.#findOldest(start)
    this.#hadOldest = false
    for (let next = this.#choose(); next !== undefined; next = this.#choose()) {
      this.#turn(next, now)
      now = this.clock.now()
      if (now - start >= ROUND_MS) break
    }
    if (this.#order.size > 0) this.#schedule()
  }

  #choose(): Share | undefined {
    const { first } = this.#short
    const other = this.#oldest ?? this.#long.first
    if (other === undefined) this.#leadMs = 0
    if (this.#pauses > 0) return first
    return first !== undefined && this.#leadMs < LEAD_MS ? first : (other ?? first)
  }

  #turn(share: Share, before: number): void {
    const { isShort } = share
    if (share === this.#oldest) this.#hadOldest = true
    this.#leave(share)
    this.#running = share
    this.clock.begin(before)
    let isMore = false
    try {
      isMore = share.run()
    } finally {
      this.#running = undefined
      const now = this.clock.now()
      const tookMs = this.clock.measure(now - before)
      share.took(tookMs)
      this.#leadMs = Math.max(-LAG_MS, this.#leadMs + (isShort ? tookMs : -tookMs))
      if (!isShort) this.#greeted = 0
      if (tookMs >= ROUND_MS) {
        this.#pauses = PAUSES
        this.#greetUntil = now + tookMs * GREETING_SHARE
      }
      if (isMore && !share.isClosed) this.#enter(share)
    }
  }

  /** Nobody who waits begins before now: they do not lose what others had meanwhile. */
  #advance(): void {
    let least = Infinity
    for (const { begin } of this.#order) least = Math.min(least, begin)
    if (least < Infinity) this.#now = Math.max(this.#now, least)
  }

  /** Of those with longer turns that owe nothing the one that has waited longest, if that is too long. */
  #findOldest(now: number): Share | undefined {
    for (const oldest of this.#order) {
      if (now - oldest.since < PATIENCE_MS) return undefined
      if (!oldest.isShort && oldest.begin - SLACK_MS <= this.#now) return oldest
    }
    return undefined
  }
}
