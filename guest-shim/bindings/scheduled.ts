/**
 * Runs that no client sets off but the clock, or a queue (queues.ts). One is over when the app's handler and all that it gave to
 * `waitUntil` are settled:
 *
 *     the event > handler > its promise > promises of waitUntil > finish, or fail with what failed first
 */

import { type Event, fail, finish, noRetry, type Run } from 'nano:workers/scheduled'
import { describeError } from '../globals/log-text.ts'
import { encode, makeTable, NativeError, NativePromise } from '../globals/primordials.ts'
import { source } from '../turn/source.ts'
import { isHeld, watchHolds } from './background.ts'
import type { GuestBinding } from './binding.ts'

/** A run, as the app's handler gets it. */
export class ScheduledController {
  readonly #id: number
  readonly scheduledTime: number
  readonly cron: string
  readonly type = 'scheduled'

  constructor({ id, cron, scheduledTime }: Run) {
    this.#id = id
    this.cron = cron
    this.scheduledTime = scheduledTime
  }

  noRetry(): void {
    noRetry(this.#id)
  }
}

/** Calls the app. */
export type ScheduledCall = (controller: ScheduledController, id: number) => unknown

const NO_HANDLER =
  'The app has no scheduled handler. Write: export default { async scheduled(controller, env, ctx) { ... } }'

interface OpenRun {
  hasFailed: boolean
  onReleased: (() => void) | undefined
}

/** Runs that are not over. */
const open = makeTable<number, OpenRun>()
let call: ScheduledCall | undefined

export function setScheduledCall(given: ScheduledCall | undefined): void {
  call = given
}

watchHolds({
  released(id) {
    const run = open.get(id)
    const onReleased = run?.onReleased
    if (run === undefined || onReleased === undefined) return
    run.onReleased = undefined
    onReleased()
  },
  failed(id) {
    const run = open.get(id)
    if (run !== undefined) run.hasFailed = true
  },
})

function begin(run: Run): void {
  beginRun(run.id, () => {
    if (call === undefined) throw new NativeError(NO_HANDLER)
    return call(new ScheduledController(run), run.id)
  })
}

/** Call the app, and tell the host what it comes to. */
export function beginRun(id: number, work: () => unknown): void {
  source.current = id
  const state: OpenRun = { hasFailed: false, onReleased: undefined }
  open.set(id, state)
  void settle(id, work, state)
}

async function settle(id: number, work: () => unknown, state: OpenRun): Promise<void> {
  let error: string | undefined
  try {
    await work()
  } catch (thrown) {
    error = describeError(thrown)
  }
  while (isHeld(id)) {
    // one after the other: what was waited for may have asked for more
    await new NativePromise<void>((resolve) => {
      state.onReleased = resolve
    })
  }
  open.delete(id)
  if (error === undefined && state.hasFailed) error = 'A promise that was given to waitUntil() was rejected.'
  if (error === undefined) finish(id)
  else fail(id, encode(error))
}

export const binding: GuestBinding<Event> = { events: { scheduled: begin } }
