/** The seam of the clock where several hosts have it: who begins a run. Types only. */

import type { CronKey } from './memory.ts'

/**
 * - ours: this host begins it, and says when it is over. `before`: for when the run before was, whoever had it.
 * - busy: this host was first, and a run of the expression is not done somewhere.
 * - others: somebody else has it.
 */
export type Claim =
  | { readonly outcome: 'ours'; readonly before: number | undefined; done(): void }
  | { readonly outcome: 'busy'; readonly before: number | undefined }
  | { readonly outcome: 'others' }

export interface RunClaims {
  /** Rejects when nobody can tell: it may be asked again. */
  claim(key: CronKey, time: number, overlap: boolean): Promise<Claim>
}
