/**
 * Versions that come step by step (gate.ts). Every host counts, since it serves what the step says, and says so with its
 * heartbeat; the first of the hosts that are there judges. Two that judge at once agree, or one of them is late: a step is
 * a change by compare-and-set as any other.
 */

import type { RolloutSettings } from '../config/fleet-settings.ts'
import type { FleetApp, FleetEntry } from './app-state.ts'
import { judge } from './gate.ts'
import type { Answers, GateCounts, Verdict } from './gate.ts'
import type { HostStatus } from './heartbeats.ts'

/** Answers of one version of an app since the start of this host. */
export interface VersionAnswers extends Answers {
  readonly app: string
  readonly version: number
}

/** When a step began on this host. */
interface Begun {
  readonly revision: number
  readonly at: number
  readonly before: Answers
  readonly next: Answers
}

/** What became of a step. */
export interface Decision {
  readonly entry: FleetEntry
  readonly next: FleetApp
  readonly text: string
}

export class Rollouts {
  readonly #begun = new Map<string, Begun>()

  /** What this host counted, of apps whose step it serves. */
  count(
    entries: readonly FleetEntry[],
    answers: readonly VersionAnswers[],
    now: number,
  ): Record<string, GateCounts> {
    const names = new Set(entries.map(({ app }) => app.name))
    for (const name of this.#begun.keys()) if (!names.has(name)) this.#begun.delete(name)
    const counts: Record<string, GateCounts> = {}
    for (const { app, revision } of entries) {
      const [before, next] = [app.active, app.rollout?.version].map((version) =>
        sum(answers.filter((each) => each.app === app.name && each.version === version)),
      ) as [Answers, Answers]
      let begun = this.#begun.get(app.name)
      if (begun?.revision !== revision) {
        begun = { revision, at: now, before, next }
        this.#begun.set(app.name, begun)
      }
      counts[app.name] = {
        revision,
        ms: now - begun.at,
        before: minus(before, begun.before),
        next: minus(next, begun.next),
      }
    }
    return counts
  }

  /** What is to become of the steps. */
  decide(
    entries: readonly FleetEntry[],
    hosts: readonly HostStatus[],
    { settings, now }: { readonly settings: RolloutSettings; readonly now: number },
  ): readonly Decision[] {
    return entries.flatMap((entry) => {
      const { app, revision } = entry
      const able = hosts.flatMap(({ host, gates, failures }) => {
        const failure = failures.find((each) => each.app === app.name)
        // its own affair: another app has the host name there
        if (failure?.code === 'APP_CONFLICT') return []
        return [
          {
            host,
            counts: gates[app.name],
            failure: failure?.revision === revision ? failure.reason : undefined,
          },
        ]
      })
      const next = toNext(app, judge(able, revision, settings), now)
      return next === undefined ? [] : [{ entry, ...next }]
    })
  }
}

/** Pure. Undefined: it waits. */
function toNext(app: FleetApp, verdict: Verdict, now: number): Pick<Decision, 'next' | 'text'> | undefined {
  const { rollout } = app
  if (rollout === undefined || verdict.type === 'wait') return undefined
  const { version, steps } = rollout
  const over = { ...app, canary: undefined, rollout: undefined }
  if (verdict.type === 'stop') {
    const { reason } = verdict
    const text = `version ${version} is taken back: ${reason}`
    return { next: { ...over, refused: { version, reason, at: now } }, text }
  }
  const [percent, ...rest] = steps
  if (percent === undefined)
    return { next: { ...over, active: version }, text: `version ${version} has all clients` }
  const next = { ...app, canary: { version, percent }, rollout: { version, steps: rest } }
  return { next, text: `version ${version} has ${percent} % of the clients` }
}

function sum(answers: readonly Answers[]): Answers {
  return answers.reduce(
    (all, { total, failed }) => ({ total: all.total + total, failed: all.failed + failed }),
    { total: 0, failed: 0 },
  )
}

function minus(now: Answers, before: Answers): Answers {
  return { total: now.total - before.total, failed: now.failed - before.failed }
}

/** The rollout that a change begins or goes on with; undefined: none. */
export function toRollout(
  settings: RolloutSettings | undefined,
  version: number | undefined,
): FleetApp['rollout'] {
  const [, ...steps] = settings?.steps ?? []
  return settings === undefined || version === undefined ? undefined : { version, steps }
}
