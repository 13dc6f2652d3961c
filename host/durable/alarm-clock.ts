/**
 * The clock of Durable Objects' alarms, in the main thread. What is due stands in an index that the storage keeps
 * (storage/alarms), so that it outlives the process; each is rung at the object's home.
 *
 *     set  --its time has come-->  ringing  --done-->  gone, or set for another time by the object itself
 *                                           --failed-->  waits 2, 4, 8, 16, 32, 64 s  >  ringing  ...  gone with the last
 *
 * The object takes its alarm out of its storage when it is done with it; so one that was cut, by whatever, is rung again. One in the
 * index that the object does not have is none, which the object says when it is rung.
 */

import type { RunOutcome } from '../cron/outcome.ts'
import type { Alarm } from '../storage/alarms/open.ts'

export interface AlarmClockOptions {
  /** Those due before a moment, in milliseconds since 1970; rejects when the storage is not there. */
  due(before: number, limit: number): Promise<readonly Alarm[]>
  /** Undefined: nobody serves its app, or knows of its class. */
  ring(alarm: Alarm, retryCount: number): Promise<RunOutcome> | undefined
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** One that is ringing, or failed. */
interface Rung {
  readonly time: number
  tries: number
  isRinging: boolean
  /** Not before. */
  next: number
}

/** The index is looked at this often at least: a clock may be set, and an app may come. */
const LOOK_MS = 30_000
/** So many are rung at once. */
const AT_ONCE = 50
const PACE_MS = 50
const FIRST_RETRY_MS = 2000
const ABSENT_MS = 10_000

export class AlarmClock implements Disposable {
  readonly #options: AlarmClockOptions
  readonly #now: () => number
  readonly #rung = new Map<string, Rung>()
  #timer: NodeJS.Timeout | undefined
  #next = Infinity
  #isLooking = false
  #isOver = false

  constructor(options: AlarmClockOptions) {
    this.#options = options
    this.#now = options.now ?? (() => Date.now())
  }

  /** There are apps with objects, and shards: what is due is rung from now on. */
  start(): void {
    this.#arm(this.#now())
  }

  /** An object has set its alarm. */
  heard(time: number): void {
    this.#arm(time)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  /** Look at this moment at the latest. */
  #arm(time: number): void {
    if (this.#isOver || time >= this.#next) return
    this.#next = time
    clearTimeout(this.#timer)
    const ms = Math.min(LOOK_MS, Math.max(0, time - this.#now()))
    this.#timer = setTimeout(() => void this.#look(), ms).unref()
  }

  async #look(): Promise<void> {
    this.#next = Infinity
    if (this.#isLooking) return this.#arm(this.#now() + PACE_MS)
    this.#isLooking = true
    const now = this.#now()
    try {
      // those that ring, or wait to, are among them
      const most = AT_ONCE + this.#rung.size + 1
      const alarms = await this.#options.due(now + LOOK_MS, most)
      for (const alarm of alarms) this.#meet(alarm, now)
      if (alarms.length === most) this.#arm(now + PACE_MS)
    } catch {
      // it is asked again
    }
    this.#isLooking = false
    this.#arm(this.#now() + LOOK_MS)
  }

  #meet(alarm: Alarm, now: number): void {
    if (alarm.time > now) return this.#arm(alarm.time)
    const name = `${alarm.key} ${alarm.id}`
    const known = this.#rung.get(name)
    const rung =
      known?.time === alarm.time ? known : { time: alarm.time, tries: 0, isRinging: false, next: 0 }
    if (known?.isRinging === true) return
    if (rung.next > now) return this.#arm(rung.next)
    if (this.#ringing >= AT_ONCE) return this.#arm(now + PACE_MS)
    this.#rung.set(name, rung)
    void this.#ring(alarm, name, rung)
  }

  get #ringing(): number {
    let count = 0
    for (const { isRinging } of this.#rung.values()) if (isRinging) count++
    return count
  }

  async #ring(alarm: Alarm, name: string, rung: Rung): Promise<void> {
    rung.isRinging = true
    const ringing = this.#options.ring(alarm, rung.tries)
    const outcome = await ringing
    rung.isRinging = false
    const now = this.#now()
    if (outcome === undefined || outcome.code === 'OBJECT_UNREACHABLE') rung.next = now + ABSENT_MS
    else if (outcome.code === undefined) this.#rung.delete(name)
    else rung.next = now + FIRST_RETRY_MS * 2 ** rung.tries++
    // the index hears of it a little later
    this.#arm(this.#rung.has(name) ? rung.next : now + PACE_MS)
  }
}
