/** What a shard's answers have in common, whoever gave them. Told of every request: nothing is allocated for it. */

import type { AnswerReport } from '../tenant/shard-report.ts'

export class AnswerCounts implements AnswerReport {
  minMs = Infinity
  maxMs = 0
  unrouted = 0

  /** An app's answer, to the end of its head. */
  answered(ms: number): void {
    if (ms < this.minMs) this.minMs = ms
    if (ms > this.maxMs) this.maxMs = ms
  }

  get report(): AnswerReport {
    const { minMs, maxMs, unrouted } = this
    return { minMs, maxMs, unrouted }
  }
}
