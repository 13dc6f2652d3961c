/**
 * The host's part of turns, within the component: what has happened waits here for the next turn, and what is going to is
 * asked of WASI.
 *
 *     turn  >  what it made runnable  >  events: next turn
 *                                        none, but pollables: poll, which gives events
 *                                        none of both: nothing is going to happen
 *
 * The engine runs what is runnable when nothing of ours is on its stack: each step ends in a task of its own.
 */

import type { Event } from 'nano:workers/events'
import { poll, type Pollable } from 'wasi:io/poll'
import { nextTask } from './engine.ts'

interface Due {
  readonly source: number
  readonly event: Event
}

export interface Wait {
  readonly pollable: Pollable
  readonly onReady: () => void
  isOver: boolean
}

type Turn = (source: number, events: readonly Event[]) => void

let due: Due[] = []
let waits: Wait[] = []

/** The next turn gets it. `source`: the request that it belongs to. */
export function happen(source: number, event: Event): void {
  due.push({ source, event })
}

/** Calls back once, when the pollable is ready. */
export function waitFor(pollable: Pollable, onReady: () => void): Wait {
  const wait = { pollable, onReady, isOver: false }
  waits.push(wait)
  return wait
}

export function forgetWait(wait: Wait): void {
  if (!wait.isOver) wait.pollable[Symbol.dispose]()
  wait.isOver = true
  waits = waits.filter((each) => each !== wait)
}

/** Turns, until `isOver` says so between two of them, or nothing is going to happen any more: then it gives false. */
export async function run(turn: Turn, isOver: () => boolean): Promise<boolean> {
  for (;;) {
    await nextTask()
    const [first] = due
    if (first !== undefined) {
      const rest = due.findIndex(({ source }) => source !== first.source)
      const events = due.splice(0, rest === -1 ? due.length : rest)
      turn(
        first.source,
        events.map(({ event }) => event),
      )
    } else if (isOver()) return true
    else if (waits.length === 0) return false
    else look()
  }
}

/** Blocks until one of the pollables is ready. */
function look(): void {
  const asked = waits
  const ready = poll(asked.map(({ pollable }) => pollable))
  const due = Array.from(ready, (index) => asked[index]!)
  for (const wait of due) {
    // one that is before it may have made an end of it
    if (wait.isOver) continue
    forgetWait(wait)
    wait.onReady()
  }
}
