/**
 * AbortSignal and AbortController after the DOM standard: see `signal-state.ts` for what keeps what.
 */

import { Event } from './event.ts'
import { defineHandler, EventTarget, fire, hooks } from './event-target.ts'
import { NativeDOMException, NativeTypeError } from './primordials.ts'
import {
  addAlgorithm,
  follow,
  makeSignal,
  markAborted,
  removeAlgorithm,
  signalOf,
  type SignalState,
} from './signal-state.ts'
import { setTimeout } from './timers.ts'
import { isObject, requireArguments, toIndex } from './web-idl.ts'

/** Given to the constructor by those that may make signals. */
const MAKING = Symbol('making')

export class AbortSignal extends EventTarget {
  constructor(key?: unknown) {
    if (key !== MAKING) throw new NativeTypeError('AbortSignal: illegal constructor')
    super()
    makeSignal(this)
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(MAKING)
    const state = toState(signal)
    state.isAborted = true
    state.reason = toReason(reason)
    return signal
  }

  static timeout(milliseconds: unknown): AbortSignal {
    requireArguments(arguments.length, 1, 'AbortSignal.timeout')
    const delay = toIndex(milliseconds, 'AbortSignal.timeout')
    const signal = new AbortSignal(MAKING)
    setTimeout(
      () => abortSignal(signal, new NativeDOMException('The operation timed out', 'TimeoutError')),
      delay,
    )
    return signal
  }

  static any(signals: Iterable<unknown>): AbortSignal {
    if (!isObject(signals)) {
      throw new NativeTypeError('AbortSignal.any: expected a list of signals')
    }
    return anySignal([...signals])
  }

  get aborted(): boolean {
    return toState(this).isAborted
  }

  get reason(): unknown {
    return toState(this).reason
  }

  throwIfAborted(): void {
    const { isAborted, reason } = toState(this)
    if (isAborted) throw reason
  }
}

defineHandler(AbortSignal.prototype, 'abort')

export class AbortController {
  readonly #signal = new AbortSignal(MAKING)

  get signal(): AbortSignal {
    return this.#signal
  }

  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason)
  }
}

function toState(value: unknown): SignalState {
  const state = signalOf(value)
  if (state === undefined) throw new NativeTypeError('expected an AbortSignal')
  return state
}

const toReason = (reason: unknown): unknown =>
  reason === undefined ? new NativeDOMException('The operation was aborted', 'AbortError') : reason

export const isAbortSignal = (value: unknown): value is AbortSignal => signalOf(value) !== undefined

/** A signal that aborts with the first of these, for its reason. */
export function anySignal(signals: readonly unknown[]): AbortSignal {
  const leaders = signals.map(toState)
  for (const { isAborted, reason } of leaders) if (isAborted) return AbortSignal.abort(reason)
  const signal = new AbortSignal(MAKING)
  follow(toState(signal), leaders)
  return signal
}

/** Aborts it and those that follow it: first all of them are aborted, then each is told. */
export function abortSignal(signal: AbortSignal, reason?: unknown): void {
  const state = toState(signal)
  if (state.isAborted) return
  for (const aborted of markAborted(state, toReason(reason))) tell(aborted)
}

function tell(state: SignalState): void {
  const { algorithms } = state
  state.algorithms = undefined
  for (const algorithm of algorithms ?? []) {
    try {
      algorithm()
    } catch (error) {
      hooks.report(error)
    }
  }
  fire(state.signal, new Event('abort'))
}

/** What is to happen before its event when it aborts; nothing if it has. */
export function onAbort(signal: AbortSignal, algorithm: () => void): void {
  addAlgorithm(toState(signal), algorithm)
}

/** No more of that: what is over keeps nothing. */
export function offAbort(signal: AbortSignal, algorithm: () => void): void {
  removeAlgorithm(toState(signal), algorithm)
}
