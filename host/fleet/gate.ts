/**
 * The gate of a rollout: whether a version that has a part of the requests gets more of them, or none. Pure.
 *
 *     step --time is over, enough answers, every host has it--> next step ... --after the last--> all requests
 *          --its errors are above those of the version before, by more than the bound; a host cannot serve it--> taken back
 */

import type { RolloutSettings } from '../config/fleet-settings.ts'

/** Answers of one version. */
export interface Answers {
  readonly total: number
  /** With a status of 5xx. */
  readonly failed: number
}

/** What a host counted since it is as this revision of the app says. */
export interface GateCounts {
  readonly revision: number
  /** For as many milliseconds. */
  readonly ms: number
  readonly before: Answers
  readonly next: Answers
}

/** What a host is to the rollout. */
export interface GateHost {
  readonly host: string
  /** Undefined: it is not as far. */
  readonly counts: GateCounts | undefined
  /** Why it cannot serve the version. */
  readonly failure: string | undefined
}

export type Verdict =
  | { readonly type: 'wait' }
  | { readonly type: 'pass' }
  | { readonly type: 'stop'; readonly reason: string }

/** As many answers of the new version are the least that it is judged by. */
const LEAST_JUDGED = 5

/** `revision`: of the app, when the step began. */
export function judge(
  hosts: readonly GateHost[],
  revision: number,
  { seconds, requests, errors }: RolloutSettings,
): Verdict {
  const failing = hosts.find(({ failure }) => failure !== undefined)
  if (failing !== undefined) {
    return { type: 'stop', reason: `host ${failing.host} cannot serve it: ${failing.failure}` }
  }
  const counted = hosts.flatMap(({ counts }) => (counts?.revision === revision ? counts : []))
  const next = sum(counted.map((counts) => counts.next))
  const before = sum(counted.map((counts) => counts.before))
  const isJudged = next.total >= Math.min(requests, LEAST_JUDGED)
  if (isJudged && toPercent(next) > toPercent(before) + errors) {
    const [got, had] = [next, before].map((each) => `${toPercent(each).toFixed(1)} %`)
    const reason = `${got} of its ${next.total} answers are errors, of the version before ${had} of ${before.total}; ${errors} percent points more are allowed`
    return { type: 'stop', reason }
  }
  const isOver = counted.length === hosts.length && counted.every(({ ms }) => ms >= seconds * 1000)
  return isOver && next.total >= requests ? { type: 'pass' } : { type: 'wait' }
}

function sum(answers: readonly Answers[]): Answers {
  return answers.reduce(
    (all, each) => ({ total: all.total + each.total, failed: all.failed + each.failed }),
    {
      total: 0,
      failed: 0,
    },
  )
}

function toPercent({ total, failed }: Answers): number {
  return total === 0 ? 0 : (failed / total) * 100
}
