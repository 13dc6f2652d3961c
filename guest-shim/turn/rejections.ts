/**
 * Rejected promises that nobody handles: an event (`unhandledrejection`), then a line of the log. The engine keeps a set of
 * them, which the builder puts in a place here (`host/build/rejections.ts`).
 *
 * Whether a promise stays unhandled shows when all that was runnable has run: at the start of the next turn. If there is
 * something in the set when a turn or an answer ends, a timer sees to it that there is a next turn.
 */

import { startTimer } from '../bindings/timer.ts'
import { reportRejection } from '../globals/report-error.ts'
import { uncurry, uncurryGetter } from '../globals/primordials.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

type Rejected = Set<Promise<unknown>>

const sizeOf = uncurryGetter(Set.prototype, 'size') as (set: Rejected) => number
const forEach = uncurry(Set.prototype.forEach) as (
  set: Rejected,
  each: (promise: Promise<unknown>) => void,
) => void
const clear = uncurry(Set.prototype.clear)
const then = uncurry(Promise.prototype.then) as (
  promise: Promise<unknown>,
  done: undefined,
  failed: (reason: unknown) => void,
) => unknown

/** The set, between the numbers that the builder finds it by. */
const place: [number, Rejected, number] = [Math.PI * 1e100, new Set(), Math.E * 1e100]
let isWoken = false

/** At the start of a turn: those that are in the set are unhandled. */
export function reportRejections(): void {
  isWoken = false
  if (sizeOf(place[1]) === 0) return
  const promises: Promise<unknown>[] = []
  forEach(place[1], (promise) => void (promises[promises.length] = promise))
  clear(place[1])
  for (let i = 0; i < promises.length; i++) {
    const promise = promises[i] as Promise<unknown>
    try {
      then(promise, undefined, (reason) => reportRejection(promise, reason))
    } catch {
      // an app has given it a constructor that throws
    }
  }
}

/** What was rejected while the app was built is the build's. */
export function forgetRejections(): void {
  clear(place[1])
}

/** When a turn ends, or an answer. */
export function watchRejections(): void {
  if (isWoken || sizeOf(place[1]) === 0) return
  isWoken = true
  startTimer(() => {}, 0, false, [])
}
