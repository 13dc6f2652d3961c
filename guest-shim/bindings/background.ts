/**
 * `waitUntil`: while one of a request's promises is pending the host keeps the instance for it.
 */

import { hold, release } from 'nano:workers/background'
import { makeTable } from '../globals/primordials.ts'
import type { GuestBinding } from './binding.ts'
import { reportException } from '../globals/report-error.ts'

/** Promises that are pending, by request. */
const pending = makeTable<number, number>()
let onReleased: (id: number) => void = () => {}

export const isHeld = (id: number) => pending.get(id) !== undefined

/** Who wants to know that a request has nothing pending any more. */
export function watchReleases(listener: (id: number) => void): void {
  onReleased = listener
}

export function waitUntil(id: number, promise: unknown): void {
  const count = pending.get(id)
  if (count === undefined) hold(id)
  pending.set(id, (count ?? 0) + 1)
  void settle(id, promise)
}

async function settle(id: number, promise: unknown): Promise<void> {
  try {
    await promise
  } catch (error) {
    reportException(error)
  }
  const count = pending.get(id) ?? 1
  if (count > 1) {
    pending.set(id, count - 1)
    return
  }
  pending.delete(id)
  release(id)
  onReleased(id)
}

/** The third argument of `fetch`, and the second of `respondWith`'s event. */
export class ExecutionContext {
  readonly #id: number

  constructor(id: number) {
    this.#id = id
  }

  waitUntil(promise: unknown): void {
    waitUntil(this.#id, promise)
  }

  /** There is no origin behind the app that could answer in its place: does nothing. */
  passThroughOnException(): void {}
}

export const binding: GuestBinding = { events: {} }
