/**
 * Work that a shard has done off its thread, on libuv's pool: who of the tenants has the next place.
 *
 *     run  >  the line of the tenant  >  a place in the lane  >  done          lanes: short jobs, long jobs
 *
 * The process has one pool of few threads, and a job that has begun cannot be stopped. So few may run at once, the tenants
 * by turns, and the long ones of them leave threads for the short ones, which nobody waits for long.
 */

/** A job that is expected to take longer than that, in milliseconds, is a long one. */
const SHORT_MS = 5
const SHORT_PLACES = 4
const LONG_PLACES = 1

/** Never rejects. */
export type Job = () => Promise<void>

/** A shard's. */
export class JobPool {
  readonly #short = new Lane(SHORT_PLACES)
  readonly #long = new Lane(LONG_PLACES)

  /** For a tenant. */
  open(): JobLine {
    return new JobLine(this.#short, this.#long)
  }
}

/** A tenant's jobs. */
export class JobLine {
  readonly #short: Lane
  readonly #long: Lane

  /** Only a pool makes them. */
  constructor(short: Lane, long: Lane) {
    this.#short = short
    this.#long = long
  }

  run(expectedMs: number, job: Job): void {
    const lane = expectedMs > SHORT_MS ? this.#long : this.#short
    lane.run(this, job)
  }
}

class Lane {
  readonly #places: number
  #running = 0
  /** What waits; the next tenant first. */
  readonly #waiting = new Map<JobLine, Job[]>()

  constructor(places: number) {
    this.#places = places
  }

  run(line: JobLine, job: Job): void {
    const jobs = this.#waiting.get(line)
    if (jobs === undefined) this.#waiting.set(line, [job])
    else jobs.push(job)
    this.#fill()
  }

  #fill(): void {
    for (const [line, jobs] of this.#waiting) {
      if (this.#running >= this.#places) return
      this.#waiting.delete(line)
      const job = jobs.shift()
      // behind the others, and seen once more
      if (jobs.length > 0) this.#waiting.set(line, jobs)
      if (job !== undefined) void this.#do(job)
    }
  }

  async #do(job: Job): Promise<void> {
    this.#running++
    try {
      await job()
    } finally {
      this.#running--
      // a part of a job is on this thread: others have their say between two of them
      if (this.#waiting.size > 0) setImmediate(() => this.#fill())
    }
  }
}
