/** What there is to be seen of a fleet, from one of its hosts. Pure. */

import type { StoredApp } from '../artifacts/store.ts'
import { defined } from '../config/defined.ts'
import type { Failure } from './convergence.ts'
import type { FleetEntry, Refused, Rollout } from './app-state.ts'
import type { HostStatus } from './heartbeats.ts'

/** What the fleet is to the host that is asked. */
export type FleetState = 'watching' | 'alone' | 'refusing'

/** Where an app is as it is wanted. */
export interface AppProgress {
  readonly app: string
  readonly revision: number
  readonly version?: number
  readonly canary?: { readonly version: number; readonly percent: number }
  readonly rollout?: Rollout
  readonly refused?: Refused
  /** Names of hosts that are there. */
  readonly converged: readonly string[]
  readonly behind: readonly string[]
  readonly failed: readonly (Pick<Failure, 'code' | 'reason'> & { readonly host: string })[]
}

/** What is known of an app on the host that is asked. */
export interface KnownApp {
  readonly name: string
  readonly revision: number
  readonly serving: StoredApp | undefined
  /** Undefined: it was not looked at. */
  readonly entry: FleetEntry | undefined
}

export function toProgress(
  { name, revision, serving, entry }: KnownApp,
  hosts: readonly HostStatus[],
): AppProgress {
  const alive = hosts.filter(({ isAlive }) => isAlive)
  const failureOf = ({ failures }: HostStatus) => failures.find(({ app }) => app === name)
  const isBehind = (host: HostStatus): boolean => host.revision < revision
  const whole = alive.filter((host) => failureOf(host) === undefined)
  const { active, canary, rollout, refused } = entry?.app ?? {
    active: serving?.active.number,
    canary: serving?.canary && {
      version: serving.canary.version.number,
      percent: serving.canary.percent,
    },
  }
  return {
    app: name,
    revision,
    ...defined({ version: active, canary, rollout, refused }),
    converged: whole.filter((host) => !isBehind(host)).map(({ host }) => host),
    behind: whole.filter(isBehind).map(({ host }) => host),
    failed: alive.flatMap((host) => {
      const failure = failureOf(host)
      return failure === undefined ? [] : [{ host: host.host, code: failure.code, reason: failure.reason }]
    }),
  }
}
