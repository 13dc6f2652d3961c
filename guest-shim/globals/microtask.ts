/** `queueMicrotask`: what its callback throws is reported, as the standard wants it. */

import { apply, NativeTypeError } from './primordials.ts'
import { reportException } from './report-error.ts'

const { queueMicrotask: queue } = globalThis as unknown as { queueMicrotask: (callback: () => void) => void }

export function queueMicrotask(callback: unknown): void {
  if (typeof callback !== 'function')
    throw new NativeTypeError(`queueMicrotask: expected a function, got ${typeof callback}`)
  queue(() => {
    try {
      apply(callback as () => void, undefined, [])
    } catch (error) {
      reportException(error)
    }
  })
}
