/**
 * Where it is agreed what a deployed app is: on this host alone, or with the others of its fleet (fleet-agreement.ts). A change
 * begins with what is agreed, and is made when what it comes to is agreed:
 *
 *     begin  >  the version is kept, ready on every shard  >  agree  >  switched
 */

import type { Active, StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { Opener } from '../deploy/opener.ts'
import type { FleetEntry } from '../fleet/app-state.ts'

/** Of a change that has begun. */
export interface Agreed {
  /** What serves before it. */
  readonly before: StoredApp | undefined
  /**
   * These versions serve from now on, says everybody. `isRollout`: the canary gets more step by step. Rejects with FLEET_CONFLICT when
   * somebody said otherwise meanwhile.
   */
  agree(active: Active, isRollout?: boolean): Promise<StoredApp>
  /** The versions that are kept are, by everybody. */
  keep(): Promise<void>
  /** The app goes. False: there was none. */
  forget(): Promise<boolean>
}

export interface Agreement {
  /** The part of the requests that a new version gets at first, when it comes step by step; undefined: all. */
  readonly firstPercent?: number | undefined
  begin(app: string): Promise<Agreed>
  /** What is agreed of an app that this host has not heard of; undefined: there is none. */
  look(app: string): Promise<FleetEntry | undefined>
  /** All that a version is made of is on this host when it resolves. */
  bring(version: StoredVersion): Promise<void>
}

/** This host's own. `serving`: what serves. */
export function aloneOn(
  opener: Pick<Opener, 'ask'>,
  serving: (app: string) => StoredApp | undefined,
): Agreement {
  return {
    begin: async (app) => ({
      before: serving(app),
      agree: (active) => opener.ask('activate', active),
      keep: async () => {},
      forget: () => opener.ask('remove', app),
    }),
    look: async () => undefined,
    bring: async () => {},
  }
}
