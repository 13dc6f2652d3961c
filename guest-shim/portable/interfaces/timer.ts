/** wit/timer.wit over wasi:clocks. */

import type * as Wit from 'nano:workers/timer'
import { subscribeDuration } from 'wasi:clocks/monotonic-clock'
import { forgetWait, happen, type Wait, waitFor } from '../reactor.ts'

const NANOSECONDS = 1_000_000

let alarm: Wait | undefined

export const wakeIn: typeof Wit.wakeIn = (delay, source) => {
  if (alarm !== undefined) forgetWait(alarm)
  alarm = undefined
  if (delay < 0) return
  alarm = waitFor(subscribeDuration(BigInt(Math.ceil(delay * NANOSECONDS))), () => {
    alarm = undefined
    happen(source, { tag: 'timer-due' })
  })
}
