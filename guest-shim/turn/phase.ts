/**
 * The two lives of an app. Its top level runs once, when it is built; what is left then is what every instance
 * begins with. Requests come later, in an instance. Nothing outside can be reached from the top level, and a random
 * number drawn there would be the same in each instance.
 */

import { NativeError } from '../globals/primordials.ts'

export const phase = { isLive: false }

export function requireLive(what: string): void {
  if (phase.isLive) return
  throw new NativeError(
    `${what} cannot be used at the top level of the app, which runs when the app is built. ` +
      'Move the call into the fetch handler.',
  )
}
