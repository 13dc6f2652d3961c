/**
 * What `error.stack` gives: text in V8's form, or what the app's `Error.prepareStackTrace` makes of the frames. It is made
 * at the first read and stays.
 */

import type { Trace } from '../globals/error-stack.ts'
import { NativeError } from '../globals/primordials.ts'
import { CallSite } from './call-site.ts'
import { parseFrames } from './frames.ts'

/** V8's settings, as an app may have left them. */
interface Settings {
  prepareStackTrace?: unknown
  stackTraceLimit?: unknown
}

export function makeStack(error: object, trace: Trace): void {
  // who prepares it may read it
  trace.made = { value: undefined }
  trace.made.value = toStack(error, trace.frames)
}

function toStack(error: object, frames: string): unknown {
  const { prepareStackTrace, stackTraceLimit } = NativeError as Settings
  const limit = typeof stackTraceLimit === 'number' ? Math.max(0, stackTraceLimit) : 0
  const sites = parseFrames(frames)
    .slice(0, limit)
    .map((frame) => new CallSite(frame))
  if (typeof prepareStackTrace === 'function') {
    return (prepareStackTrace as (error: object, sites: CallSite[]) => unknown).call(
      NativeError,
      error,
      sites,
    )
  }
  return [toHead(error), ...sites].join('\n    at ')
}

/** As `Error.prototype.toString` says it, of any object. */
function toHead(error: object): string {
  try {
    const { name = 'Error', message = '' } = error as { name?: unknown; message?: unknown }
    if (String(name) === '') return String(message)
    return String(message) === '' ? String(name) : `${String(name)}: ${String(message)}`
  } catch {
    return 'Error'
  }
}
