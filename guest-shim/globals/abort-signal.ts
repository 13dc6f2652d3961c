/**
 * What AbortSignal lacks or does wrongly in the engine: `abort` demands a reason, `throwIfAborted` throws nothing, `any`
 * is aborted from birth or ends the instance, and `timeout` would be waited for without letting go.
 */

/* oxlint-disable typescript/unbound-method, oxc/no-this-in-exported-function -- a method for a prototype that is not ours */

import {
  isAborted,
  listen,
  NativeAbortController,
  NativeDOMException,
  NativeTypeError,
  reasonOf,
  unlisten,
} from './primordials.ts'
import { setTimeout } from './timers.ts'


/** The longest that a number without a fraction can say. */
const MOST_DELAY = Number.MAX_SAFE_INTEGER

/** `AbortSignal.abort` */
export function abort(
  reason: unknown = new NativeDOMException('The operation was aborted', 'AbortError'),
): AbortSignal {
  const controller = new NativeAbortController()
  controller.abort(reason)
  return controller.signal
}

/** `AbortSignal.timeout` */
export function timeout(delay: unknown): AbortSignal {
  const ms = Math.trunc(Number(delay))
  if (!(ms >= 0 && ms <= MOST_DELAY))
    throw new NativeTypeError('AbortSignal.timeout: expected a number of milliseconds')
  const controller = new NativeAbortController()
  setTimeout(() => controller.abort(new NativeDOMException('The operation timed out', 'TimeoutError')), ms)
  return controller.signal
}

/** `AbortSignal.any` */
export function any(signals: Iterable<AbortSignal>): AbortSignal {
  const sources = [...signals]
  // throws for what is no signal
  const [aborted] = sources.filter((source) => isAborted(source))
  if (aborted !== undefined) return abort(reasonOf(aborted))
  const controller = new NativeAbortController()
  const follow = () => {
    for (const source of sources) unlisten(source, 'abort', follow)
    controller.abort(reasonOf(sources.find(isAborted) as AbortSignal))
  }
  for (const source of sources) listen(source, 'abort', follow)
  return controller.signal
}

/** `AbortSignal.prototype.throwIfAborted` */
export function throwIfAborted(this: AbortSignal): void {
  if (isAborted(this)) throw reasonOf(this)
}
