/** What came of a run: types only. */

import type { ErrorCode } from '../errors.ts'

/** What an app says of messages of a queue. */
export interface Mark {
  /** Its place in the batch; undefined: all of which nothing was said. */
  readonly message: number | undefined
  readonly verdict: 'ack' | 'retry'
  /** Until it is given again; undefined: as the configuration says. */
  readonly delayS: number | undefined
}

/** How a run of an app's handler ended that no client asked for. */
export interface RunOutcome {
  /** Undefined: well. */
  readonly code: ErrorCode | undefined
  /** When it may be tried again, if it was refused and that is known. */
  readonly retryMs?: number | undefined
  /** The app asked that it is not tried again. */
  readonly noRetry: boolean
  /** From its turn to its end. */
  readonly ms: number
  readonly cpuMs: number
  /** What the app said of messages, each once. */
  readonly marks: readonly Mark[]
}

/** When the clock calls an app. */
export interface Triggers {
  readonly crons: readonly string[]
  /** As the IANA database calls it. */
  readonly timeZone: string
  /** A run begins although the one before of the same expression is not done. */
  readonly overlap: boolean
}
