/**
 * `waitUntil`: while one of a request's promises is pending the host keeps the instance for it.
 */

import { hold, release } from 'nano:workers/background'
import { makeTable } from '../globals/primordials.ts'
import type { GuestBinding } from './binding.ts'
import { reportException } from '../globals/report-error.ts'

/** Promises that are pending, by request. */
const pending = makeTable<number, number>()

/** Who wants to know what becomes of them. */
interface HoldWatcher {
  /** The request has nothing pending any more. */
  released(id: number): void
  /** One of its promises was rejected, which is reported already. */
  failed?(id: number): void
}

const watchers: HoldWatcher[] = []

export const isHeld = (id: number) => pending.get(id) !== undefined

export function watchHolds(watcher: HoldWatcher): void {
  watchers[watchers.length] = watcher
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
    for (let i = 0; i < watchers.length; i++) watchers[i]?.failed?.(id)
  }
  const count = pending.get(id) ?? 1
  if (count > 1) {
    pending.set(id, count - 1)
    return
  }
  pending.delete(id)
  release(id)
  for (let i = 0; i < watchers.length; i++) watchers[i]?.released(id)
}

/** Entrypoints of the app itself, by their exports. */
export const ownExports: object = {}

/** The third argument of `fetch`, and the second of `respondWith`'s event. */
export class ExecutionContext {
  readonly #id: number
  readonly #props: unknown

  /** `props`: what the configuration of whoever calls says. */
  constructor(id: number, props?: unknown) {
    this.#id = id
    this.#props = props
  }

  get props(): unknown {
    return this.#props ?? {}
  }

  get exports(): object {
    return ownExports
  }

  waitUntil(promise: unknown): void {
    waitUntil(this.#id, promise)
  }

  /** There is no origin behind the app that could answer in its place: does nothing. */
  passThroughOnException(): void {}
}

export const binding: GuestBinding = { events: {} }
