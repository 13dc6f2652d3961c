/**
 * How runs of the clock end (wit/scheduled.wit). To the host a run is a request that no client sent: it is open, waits, is
 * failed and cut like one, and what the guest says of its end is its answer.
 */

import type * as Wit from '../../wit/types/host/interfaces/nano-workers-scheduled.d.ts'
import type { BindingContext } from './binding.ts'
import { PassiveBinding } from './passive-binding.ts'

import type { Mark } from '../cron/outcome.ts'

/** How a request is answered that no client sent. Ids that are not open are counted and ignored. */
export interface RunAnswers {
  finish(id: number): void
  fail(id: number, error: Uint8Array): void
  noRetry(id: number): void
  settle(id: number, mark: Mark): void
}

export class ScheduledBinding extends PassiveBinding {
  readonly #answers: RunAnswers

  constructor(answers: RunAnswers) {
    super()
    this.#answers = answers
  }

  /** The functions that the guest calls. */
  readonly imports = {
    noRetry: (id: number): void => this.#answers.noRetry(id),
    finish: (id: number): void => this.#answers.finish(id),
    fail: (id: number, error: Uint8Array): void => this.#answers.fail(id, error),
  } satisfies typeof Wit
}

export const bind = ({ runs }: BindingContext): ScheduledBinding => new ScheduledBinding(runs)
