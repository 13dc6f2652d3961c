/** What came of a run: types only. */

import type { ErrorCode } from '../errors.ts'

/** How a run of an app's scheduled handler ended. */
export interface RunOutcome {
  /** Undefined: well. */
  readonly code: ErrorCode | undefined
  /** The app asked that it is not tried again. */
  readonly noRetry: boolean
  /** From its turn to its end. */
  readonly ms: number
  readonly cpuMs: number
}

/** When the clock calls an app. */
export interface Triggers {
  readonly crons: readonly string[]
  /** As the IANA database calls it. */
  readonly timeZone: string
  /** A run begins although the one before of the same expression is not done. */
  readonly overlap: boolean
}
