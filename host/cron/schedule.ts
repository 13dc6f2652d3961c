/**
 * When the clock calls which app. It lives in the main thread, follows what is served, and has a run begun on one shard.
 *
 *     an expression:  resting  --its time has come-->  due  --its turn-->  running  --done, failed-->  resting
 *                                 |                     |
 *                                 |                     '--nobody serves the app-->  missed
 *                                 '--the run before is not done, it is long past-->  missed
 *
 * Holds: no two runs of one expression overlap, unless the app says so. What is due at once is begun at a pace, so that a
 * full hour of many apps is no burst. A time that passed without a run is counted and logged, also one that passed while
 * the server was down (memory.ts).
 *
 * Where several hosts have the same clock, each claims a run before it begins it (claims.ts), and one of them gets it. That one knows
 * for when the run before was, and says what was missed between the two; nobody else does.
 */

import type { ScheduledRun } from '../http/request-head.ts'
import type { RunClaims } from './claims.ts'
import { parseCron } from './expression.ts'
import type { CronTimes } from './expression.ts'
import { CronMemory } from './memory.ts'
import type { CronKey } from './memory.ts'
import type { RunOutcome, Triggers } from './outcome.ts'

/** What an app's runs came to since the start. */
export interface CronCounts {
  ok: number
  failed: number
  missed: number
  /** Another host of the fleet has them; undefined: there is none. */
  elsewhere?: number
  /** Of those that were called here, together. */
  ms: number
}

export interface ScheduleOptions {
  /** Begin a run. Undefined: nobody serves the app. */
  readonly run: (app: string, run: ScheduledRun) => Promise<RunOutcome> | undefined
  readonly log: (entry: { level: 'warn' | 'debug'; app: string; text: string }) => void
  /** Where it is kept what was looked after; undefined: nowhere. */
  readonly directory?: string | undefined
  /** Which of several hosts begins a run; undefined: there is one host. */
  readonly claims?: RunClaims | undefined
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

interface Job extends CronKey {
  readonly times: CronTimes
  readonly overlap: boolean
  /** Undefined: never again. */
  next: number | undefined
  /** Since when somebody looks after it, here. */
  readonly since: number
  running: number
}

/** The clock is looked at this often at least: it may be set. */
const LOOK_MS = 30_000
/** Who is later than this is not begun any more. */
const LATE_MS = 60_000
/** Who has a run cannot be told: it is asked again. */
const CLAIM_PAUSE_MS = 2000
/** So many runs are begun at a time, and so often. */
const AT_ONCE = 20
const PACE_MS = 100
/** Missed times are not counted beyond this. */
const MOST_MISSED = 1000

export class Schedule implements Disposable {
  readonly #options: ScheduleOptions
  readonly #now: () => number
  /** By app. */
  readonly #jobs = new Map<string, readonly Job[]>()
  readonly #counts = new Map<string, CronCounts>()
  /** What is due. */
  #due: { readonly job: Job; readonly scheduledTime: number }[] = []
  #timer: NodeJS.Timeout | undefined
  #pace: NodeJS.Timeout | undefined
  #memory: CronMemory | undefined
  #isForgetful = false
  #isStarted = false

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.#now = options.now ?? (() => Date.now())
  }

  /** By app: those that have expressions, or had a run. */
  get counts(): ReadonlyMap<string, Readonly<CronCounts>> {
    return this.#counts
  }

  /** An app has these from now on; undefined: none, or it is gone. */
  set(app: string, triggers: Triggers | undefined): void {
    const before = this.#jobs.get(app) ?? []
    const jobs = triggers === undefined ? [] : this.#toJobs(app, triggers, before)
    if (jobs.length === 0) this.#jobs.delete(app)
    else this.#jobs.set(app, jobs)
    if (jobs.length > 0) this.#count(app)
    if (before.length > 0 || jobs.length > 0) this.#remember((memory) => memory.keep(app, jobs))
    if (this.#isStarted) this.#arm()
  }

  /** The app is gone for good. */
  remove(app: string): void {
    this.set(app, undefined)
    this.#counts.delete(app)
  }

  /** What is served can be called from now on. */
  start(): void {
    this.#isStarted = true
    this.#arm()
  }

  /** Begin a run at once, whatever the time. Undefined: nobody serves the app. */
  async runNow(app: string, run: ScheduledRun): Promise<RunOutcome | undefined> {
    const outcome = await this.#options.run(app, run)
    if (outcome !== undefined) this.#record(app, outcome)
    return outcome
  }

  [Symbol.dispose](): void {
    this.#isStarted = false
    clearTimeout(this.#timer)
    clearTimeout(this.#pace)
    this.#memory?.[Symbol.dispose]()
    this.#memory = undefined
    this.#isForgetful = true
  }

  #toJobs(app: string, { crons, timeZone, overlap }: Triggers, before: readonly Job[]): Job[] {
    const now = this.#now()
    return [...new Set(crons)].flatMap((cron): Job[] => {
      const key = { app, cron, timeZone }
      const known = before.find((job) => job.cron === cron && job.timeZone === timeZone)
      if (known !== undefined && known.overlap === overlap) return [known]
      const times = parseCron(cron, timeZone)
      // the configuration was checked
      if (typeof times === 'string') return []
      const since = known?.since ?? this.#catchUp(key, times, now)
      return [{ ...key, times, overlap, since, next: times.next(now), running: known?.running ?? 0 }]
    })
  }

  /** What was missed while nobody looked after it. Gives since when somebody does. */
  #catchUp(key: CronKey, times: CronTimes, now: number): number {
    const since = this.#remember((memory) => memory.read(key)) ?? now
    if (this.#options.claims === undefined) {
      const missed = countBetween(times, since, now + 1)
      const from = new Date(since).toISOString()
      if (missed > 0) this.#miss(key, missed, `the server was not running after ${from}`)
    }
    this.#remember((memory) => memory.write([{ ...key, until: now }]))
    return since
  }

  #arm(): void {
    clearTimeout(this.#timer)
    let first = Infinity
    for (const jobs of this.#jobs.values())
      for (const { next = Infinity } of jobs) first = Math.min(first, next)
    if (first === Infinity) return
    const ms = Math.min(LOOK_MS, Math.max(0, first - this.#now()))
    this.#timer = setTimeout(() => this.#look(), ms).unref()
  }

  /** Whose time has come. */
  #look(): void {
    const now = this.#now()
    const seen: Job[] = []
    for (const jobs of this.#jobs.values()) {
      for (const job of jobs) {
        if (job.next === undefined || job.next > now) continue
        this.#meet(job, job.next, now)
        seen.push(job)
      }
    }
    if (seen.length > 0) this.#remember((memory) => memory.write(seen.map((job) => ({ ...job, until: now }))))
    this.#pump()
    this.#arm()
  }

  /** Of several times that have passed the last one counts. */
  #meet(job: Job, first: number, now: number): void {
    let time = first
    let passed = 0
    let next = job.times.next(time)
    while (next !== undefined && next <= now && passed < MOST_MISSED) {
      passed++
      time = next
      next = job.times.next(time)
    }
    job.next = job.times.next(now)
    const isLate = now - time > LATE_MS
    const missed = passed + (isLate ? 1 : 0)
    // of several hosts another one may have had them
    if (missed > 0 && this.#options.claims === undefined)
      this.#miss(job, missed, 'the server stood still, or its clock was set')
    if (!isLate) this.#due.push({ job, scheduledTime: time })
  }

  /** Begins some of what is due. */
  #pump(): void {
    if (this.#pace !== undefined || this.#due.length === 0) return
    for (const { job, scheduledTime } of this.#due.splice(0, AT_ONCE)) this.#meetRun(job, scheduledTime)
    if (this.#due.length === 0) return
    this.#pace = setTimeout(() => {
      this.#pace = undefined
      this.#pump()
    }, PACE_MS).unref()
  }

  #meetRun(job: Job, scheduledTime: number): void {
    const { claims } = this.#options
    if (claims === undefined) this.#begin(job, scheduledTime)
    else void this.#claim(claims, job, scheduledTime)
  }

  async #claim(claims: RunClaims, job: Job, time: number): Promise<void> {
    try {
      const claim = await claims.claim(job, time, job.overlap)
      const counts = this.#count(job.app)
      counts.elsewhere = (counts.elsewhere ?? 0) + Number(claim.outcome === 'others')
      if (claim.outcome === 'others') return
      const missed = countBetween(job.times, Math.max(claim.before ?? 0, job.since), time)
      if (missed > 0) this.#miss(job, missed, 'no host of the fleet began them')
      if (claim.outcome === 'busy') this.#miss(job, 1, 'the run before is not done')
      else this.#begin(job, time, () => claim.done())
    } catch {
      // whoever gets a later one says what was missed
      if (this.#isStarted && this.#now() - time < LATE_MS)
        setTimeout(() => void this.#claim(claims, job, time), CLAIM_PAUSE_MS).unref()
    }
  }

  /** `done`: is called when it is over, or is not begun. */
  #begin(job: Job, scheduledTime: number, done: () => void = () => undefined): void {
    const { app, cron } = job
    // it may have gone since
    if (this.#jobs.get(app)?.includes(job) !== true) return done()
    if (job.running > 0 && !job.overlap) {
      this.#miss(job, 1, 'the run before is not done')
      return done()
    }
    const running = this.#options.run(app, { cron, scheduledTime })
    if (running === undefined) {
      this.#miss(job, 1, 'nothing serves the app')
      return done()
    }
    job.running++
    void running.then((outcome) => {
      job.running--
      done()
      this.#record(app, outcome)
    })
  }

  #record(app: string, { code, ms }: RunOutcome): void {
    const counts = this.#count(app)
    counts[code === undefined ? 'ok' : 'failed']++
    counts.ms += ms
  }

  #miss({ app, cron }: CronKey, missed: number, why: string): void {
    this.#count(app).missed += missed
    const runs = missed === 1 ? '1 run' : `${missed === MOST_MISSED ? 'at least ' : ''}${missed} runs`
    this.#options.log({ level: 'warn', app, text: `missed ${runs} of "${cron}": ${why}` })
  }

  #count(app: string): CronCounts {
    let counts = this.#counts.get(app)
    if (counts === undefined) this.#counts.set(app, (counts = { ok: 0, failed: 0, missed: 0, ms: 0 }))
    return counts
  }

  /** What cannot be kept is said once; the clock goes on. */
  #remember<T>(act: (memory: CronMemory) => T): T | undefined {
    const { directory } = this.#options
    if (directory === undefined || this.#isForgetful) return undefined
    try {
      return act((this.#memory ??= new CronMemory(directory)))
    } catch (thrown) {
      this.#isForgetful = true
      const { message } = thrown as Error
      const text = `what was run is not kept, so that a restart will not know what was missed: ${message}`
      this.#options.log({ level: 'warn', app: '', text })
      return undefined
    }
  }
}

/** Times behind the one and before the other, as far as they are counted. */
function countBetween(times: CronTimes, from: number, to: number): number {
  let count = 0
  for (let at = times.next(from); at !== undefined && at < to; at = times.next(at))
    if (++count === MOST_MISSED) break
  return count
}
