/** What a server under test is asked by whoever started its process, with the answer to each: types only. */

import type { ServerCounters } from '../host/supervisor/counters.ts'

export interface ChildQuestions {
  counters: { ask: undefined; answer: ServerCounters }
  /** How many milliseconds it took. */
  deploy: { ask: NewApp; answer: number }
  remove: { ask: string; answer: undefined }
}

export interface NewApp {
  readonly name: string
  /** A component. */
  readonly path: string
}
