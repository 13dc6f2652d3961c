/** What a fleet says of one app: its versions, which of them serve, and which is on its way. */

import type { Canary, StoredApp, StoredVersion } from '../artifacts/store.ts'
import { defined } from '../config/defined.ts'

/** A version that comes to all requests step by step. */
export interface Rollout {
  /** The version that comes. */
  readonly version: number
  /** Its parts of the requests, from this step on. */
  readonly steps: readonly number[]
}

/** A version that was taken back. */
export interface Refused {
  readonly version: number
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** One app, as all hosts are to serve it. */
export interface FleetApp {
  readonly name: string
  /** The last one first. */
  readonly versions: readonly StoredVersion[]
  /** The number of the version that serves; undefined: none does yet. */
  readonly active: number | undefined
  readonly canary: Canary<number> | undefined
  readonly rollout: Rollout | undefined
  /** What the last rollout came to, when it was stopped. */
  readonly refused: Refused | undefined
}

/** An app, and which change of the bucket it comes from. */
export interface FleetEntry {
  readonly app: FleetApp
  readonly revision: number
}

/** What is to serve; undefined: nothing is. */
export function toStored({ app, revision }: FleetEntry): StoredApp | undefined {
  const find = (number: number): StoredVersion => {
    const version = app.versions.find((each) => each.number === number)
    if (version === undefined) throw new Error(`there is no version ${number} in it`)
    return version
  }
  if (app.active === undefined) return undefined
  const { canary } = app
  const beside = canary && { version: find(canary.version), percent: canary.percent }
  return { name: app.name, active: find(app.active), revision, ...defined({ canary: beside }) }
}
