/**
 * Errors that belong to no request: a timer's callback threw, a promise of `waitUntil` was rejected.
 */

import { report } from 'nano:workers/console'
import { encode } from '../globals/primordials.ts'
import { describeError } from '../globals/log-text.ts'

export function reportError(error: unknown, prefix = ''): void {
  report(encode(prefix + describeError(error)))
}
