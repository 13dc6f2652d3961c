/**
 * Timers, over the one alarm that the host gives. A heap holds them by the time they are due, then by their age.
 *
 * One timer fires per turn: the engine runs what its callback made runnable before the next one, as the standard
 * wants it. When more are due the alarm is set for at once.
 *
 * Those that the app's top level has left are in every instance, and their time begins with it.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { type Event, wakeIn } from 'nano:workers/timer'
import { makeTable } from '../globals/primordials.ts'
import { now } from '../turn/clock.ts'
import { context } from '../turn/context.ts'
import { phase } from '../turn/phase.ts'
import { source } from '../turn/source.ts'
import type { GuestBinding } from './binding.ts'
import { reportException } from '../globals/report-error.ts'

interface Timer {
  readonly id: number
  due: number
  age: number
  /** Milliseconds between two calls, or -1 for a single one. */
  readonly interval: number
  readonly callback: (...args: unknown[]) => unknown
  readonly args: readonly unknown[]
  /** Who started it. */
  readonly source: number
  readonly context: unknown
  isLive: boolean
}

/** Longer delays overflow in every other engine, and count as none there. */
const MOST_DELAY = 2_147_483_647
/** Cancelled timers that may lie in the heap before it is built anew. */
const MOST_DEAD = 256

const { apply } = Reflect
const timers = makeTable<number, Timer>()
let heap: Timer[] = []
let lastId = 0
let lastAge = 0
let alarm = Number.POSITIVE_INFINITY
/** For whom the alarm is set. */
let alarmSource = 0

export function startTimer(
  callback: (...args: unknown[]) => unknown,
  delay: number,
  repeats: boolean,
  args: readonly unknown[],
): number {
  add(++lastId, callback, delay, repeats, args)
  return lastId
}

/** The timer with this id begins anew, whether it has fired or not. */
export function restartTimer(id: number, ...terms: Parameters<typeof startTimer>): void {
  const before = timers.get(id)
  if (before !== undefined) before.isLive = false
  add(id, ...terms)
  dropDead()
}

function add(
  id: number,
  callback: (...args: unknown[]) => unknown,
  delay: number,
  repeats: boolean,
  args: readonly unknown[],
): void {
  const wait = delay > 0 && delay <= MOST_DELAY ? delay : 0
  const interval = repeats ? (wait < 1 ? 1 : wait) : -1
  const since = phase.isLive ? now() : 0
  const due = since + (repeats ? interval : wait)
  const timer: Timer = {
    id,
    due,
    age: ++lastAge,
    interval,
    callback,
    args,
    source: source.current,
    context: context.current,
    isLive: true,
  }
  timers.set(id, timer)
  push(timer)
  setAlarm()
}

export function stopTimer(id: number): void {
  const timer = timers.get(id)
  if (timer === undefined) return
  timer.isLive = false
  timers.delete(id)
  if (timers.size === 0) {
    heap = []
    if (alarm !== Number.POSITIVE_INFINITY) wakeIn(-1, 0)
    alarm = Number.POSITIVE_INFINITY
  } else dropDead()
}

function dropDead(): void {
  if (heap.length <= 2 * timers.size + MOST_DEAD) return
  const old = heap
  heap = []
  for (let i = 0; i < old.length; i++) if (old[i]?.isLive) push(old[i] as Timer)
}

/** An instance begins. */
export function beginTimers(): void {
  if (timers.size === 0) return
  const since = now()
  for (let i = 0; i < heap.length; i++) (heap[i] as Timer).due += since
  setAlarm()
}

/** Which sources' timers wait until they are let go on; undefined: none. */
let keepsBack: ((source: number) => boolean) | undefined
let kept: Timer[] = []

export function keepTimersBack(given: typeof keepsBack): void {
  keepsBack = given
  const waiting = kept
  kept = []
  for (let i = 0; i < waiting.length; i++) if (waiting[i]?.isLive === true) push(waiting[i] as Timer)
  setAlarm()
}

/** The alarm went off. */
function fireTimer(): void {
  alarm = Number.POSITIVE_INFINITY
  const timer = peek()
  if (timer !== undefined && timer.due <= now()) {
    pop()
    if (keepsBack?.(timer.source) === true) {
      kept[kept.length] = timer
      return setAlarm()
    }
    source.current = timer.source
    context.current = timer.context
    if (timer.interval < 0) timers.delete(timer.id)
    try {
      apply(timer.callback, undefined, timer.args)
    } catch (error) {
      reportException(error)
    }
    if (timer.interval >= 0 && timer.isLive) {
      timer.due = now() + timer.interval
      timer.age = ++lastAge
      push(timer)
    }
  }
  setAlarm()
}

function setAlarm(): void {
  if (!phase.isLive) return
  const timer = peek()
  if (timer === undefined || timer.due > alarm) return
  if (timer.due === alarm && timer.source === alarmSource) return
  alarm = timer.due
  alarmSource = timer.source
  const wait = timer.due - now()
  wakeIn(wait > 0 ? wait : 0, timer.source)
}

/** The timer that is due first; cancelled ones are dropped on the way. */
function peek(): Timer | undefined {
  while (heap[0] !== undefined && !heap[0].isLive) pop()
  return heap[0]
}

const isEarlier = (a: Timer, b: Timer) => a.due < b.due || (a.due === b.due && a.age < b.age)

function push(timer: Timer): void {
  let at = heap.length
  heap[at] = timer
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent] as Timer
    if (!isEarlier(timer, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = timer
}

function pop(): void {
  const last = heap[heap.length - 1] as Timer
  heap.length--
  const length = heap.length
  if (length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= length) break
    const right = heap[child + 1]
    if (right !== undefined && isEarlier(right, heap[child] as Timer)) child++
    if (!isEarlier(heap[child] as Timer, last)) break
    heap[at] = heap[child] as Timer
    at = child
  }
  heap[at] = last
}

export const binding: GuestBinding<Event> = { events: { 'timer-due': fireTimer } }
