/**
 * From what the fleet wants to what this host serves, app by app. An app is in one of these states:
 *
 *     settled     it is as it was wanted last
 *     queued      something else is wanted, and it waits for its turn
 *     applying    it becomes what was wanted; what is wanted meanwhile is queued after it
 *     failed      it could not: tried again after a while, or at once when something else is wanted of it
 *
 *     settled --want--> queued --turn--> applying --done--> settled        (or queued, if more was wanted)
 *                                                 --throws--> failed --pause, want--> queued
 *
 * Holds: what is wanted last of an app is applied last, however often it fails before; and `revision` is never above a change
 * that was not applied and is not among the failures.
 */

import { toNanoError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'

/** What is wanted of an app. */
export interface Wanted<Goal> {
  readonly revision: number
  /** Undefined: that there is none. */
  readonly goal: Goal | undefined
}

/** An app that is not as it is wanted. */
export interface Failure {
  readonly app: string
  readonly revision: number
  readonly code: ErrorCode
  readonly reason: string
}

export interface ConvergenceOptions<Goal> {
  readonly apply: (app: string, wanted: Wanted<Goal>) => Promise<void>
  /** Two apps want the other's host name: this one gives up its own. */
  readonly release: (app: string) => Promise<void>
  readonly onFailure: (failure: Failure) => void
  /** For the next try. */
  readonly pause: (tries: number, wake: () => void) => void
}

interface App<Goal> {
  wanted: Wanted<Goal>
  state: 'queued' | 'applying' | 'failed'
  tries: number
  failure: Failure | undefined
}

/** Under way at once. */
const AT_ONCE = 2
const MOST_PAUSE_MS = 60_000
const FIRST_PAUSE_MS = 1000

export class Convergence<Goal> {
  readonly #options: ConvergenceOptions<Goal>
  /** Those that are not settled. */
  readonly #apps = new Map<string, App<Goal>>()
  #running = 0
  #told = 0
  readonly #waiting: (() => void)[] = []

  constructor(options: ConvergenceOptions<Goal>) {
    this.#options = options
  }

  /** All changes up to this one were told. */
  told(revision: number): void {
    this.#told = Math.max(this.#told, revision)
  }

  want(app: string, wanted: Wanted<Goal>): void {
    const known = this.#apps.get(app)
    if (known !== undefined && known.wanted.revision >= wanted.revision) return
    const state = known?.state === 'applying' ? 'applying' : 'queued'
    this.#apps.set(app, { wanted, state, tries: 0, failure: undefined })
    this.#runNext()
  }

  /** Up to which change this host is as it is wanted, but for the failures. */
  get revision(): number {
    const open = [...this.#apps.values()].filter(({ failure }) => failure === undefined)
    return Math.min(this.#told, ...open.map(({ wanted }) => wanted.revision - 1))
  }

  get failures(): readonly Failure[] {
    return [...this.#apps.values()].flatMap(({ failure }) => failure ?? [])
  }

  /** Resolves when every app is settled, or has failed. */
  async rests(): Promise<void> {
    if (this.#isResting) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  get #isResting(): boolean {
    return [...this.#apps.values()].every(({ state }) => state === 'failed')
  }

  #runNext(): void {
    for (const [name, app] of this.#apps) {
      if (this.#running >= AT_ONCE) return
      if (app.state === 'queued') void this.#apply(name, app)
    }
    if (this.#isResting) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #apply(name: string, { wanted }: App<Goal>): Promise<void> {
    this.#running++
    this.#apps.get(name)!.state = 'applying'
    let failure: Failure | undefined
    try {
      await this.#options.apply(name, wanted)
    } catch (thrown) {
      const { code, message } = toNanoError(thrown)
      failure = { app: name, revision: wanted.revision, code, reason: message }
    }
    this.#running--
    const app = this.#apps.get(name)!
    if (app.wanted !== wanted) app.state = 'queued'
    else if (failure === undefined) this.#settle(name)
    else this.#fail(name, app, failure)
    this.#runNext()
  }

  #settle(name: string): void {
    this.#apps.delete(name)
    // it may have had the host name that another one waits for
    this.#queueConflicts(name)
  }

  #fail(name: string, app: App<Goal>, failure: Failure): void {
    if (failure.reason !== app.failure?.reason) this.#options.onFailure(failure)
    Object.assign(app, { state: 'failed', failure, tries: app.tries + 1 })
    const wake = (): void => {
      if (this.#apps.get(name) !== app || app.state !== 'failed') return
      app.state = 'queued'
      this.#runNext()
    }
    const isCircle = failure.code === 'APP_CONFLICT' && this.#conflicts > 1 && app.tries > 1
    if (isCircle) void this.#release(name)
    this.#options.pause(app.tries, wake)
  }

  async #release(name: string): Promise<void> {
    await this.#options.release(name)
    this.#queueConflicts(name)
    this.#runNext()
  }

  get #conflicts(): number {
    return this.failures.filter(({ code }) => code === 'APP_CONFLICT').length
  }

  /** But for this one's. */
  #queueConflicts(name: string): void {
    for (const [other, app] of this.#apps) {
      const isHeldUp = app.state === 'failed' && app.failure?.code === 'APP_CONFLICT'
      if (other !== name && isHeldUp) app.state = 'queued'
    }
  }
}

/** Longer each time. */
export function pauseLonger(tries: number, wake: () => void): void {
  setTimeout(wake, Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 10), MOST_PAUSE_MS)).unref()
}
