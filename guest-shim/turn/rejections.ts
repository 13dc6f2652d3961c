/**
 * Rejected promises that nobody handles: an event (`unhandledrejection`), then a line of the log. The engine keeps a set of
 * them, which the builder puts in a place here (`host/build/rejections.ts`).
 *
 *     rejected > seen when a turn or an answer ends: a timer is set > the next turn: all that was runnable has run, and what
 *     is in the set is unhandled
 */

import { startTimer } from '../bindings/timer.ts'
import { reportRejection } from '../globals/report-error.ts'
import { uncurry } from '../globals/primordials.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/** A set whose size can be had without looking anything up. */
type Rejected = Set<Promise<unknown>> & { readonly count: number }

const { get: sizeOf } = Object.getOwnPropertyDescriptor(Set.prototype, 'size') ?? {}
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
const place: [number, Set<Promise<unknown>>, number] = [Math.PI * 1e100, new Set(), Math.E * 1e100]
/** Looked at in every turn, and therefore no functions. `isDue`: a timer has been set, so that there is a next turn. */
export const rejections: { set: Rejected; isDue: boolean } = {
  set: place[1] as Rejected,
  isDue: false,
}

/** Before the first turn. What was rejected while the app was built is the build's. */
export function openRejections(): void {
  const [, set] = place
  clear(set)
  rejections.set = Object.defineProperty(set, 'count', { get: sizeOf as () => number }) as Rejected
}

/** At the start of a turn, when the set is not empty. */
export function reportRejections(): void {
  rejections.isDue = false
  const promises: Promise<unknown>[] = []
  forEach(rejections.set, (promise) => void (promises[promises.length] = promise))
  clear(rejections.set)
  for (let i = 0; i < promises.length; i++) {
    const promise = promises[i] as Promise<unknown>
    try {
      then(promise, undefined, (reason) => reportRejection(promise, reason))
    } catch {
      // an app has given it a constructor that throws
    }
  }
}

/** When a turn or an answer ends and the set is not empty. */
export function awaitRejections(): void {
  if (rejections.isDue) return
  rejections.isDue = true
  startTimer(() => {}, 0, false, [])
}
