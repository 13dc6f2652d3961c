/** The versions of a deployed app, as this host knows them, or as its fleet does when this host has not heard of it. */

import type { StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError } from '../errors.ts'
import { toStored } from '../fleet/app-state.ts'
import type { Agreement } from './agreement.ts'

export interface KnownVersions {
  /** The last one first. */
  readonly versions: readonly StoredVersion[]
  /** Those of them that serve. */
  readonly serving: StoredApp | undefined
}

export interface VersionsContext {
  readonly opener: Pick<Opener, 'ask'>
  readonly agreement: Pick<Agreement, 'look'>
  /** On this host, by app. */
  readonly serving: ReadonlyMap<string, StoredApp>
}

/** Rejects with APP_UNKNOWN. */
export async function findVersions(
  app: string,
  { opener, agreement, serving }: VersionsContext,
): Promise<KnownVersions> {
  const versions = await opener.ask('versions', app)
  if (versions.length > 0) return { versions, serving: serving.get(app) }
  const entry = await agreement.look(app)
  if (entry !== undefined) return { versions: entry.app.versions, serving: toStored(entry) }
  throw new NanoError('APP_UNKNOWN', `there is no app "${app}" that was deployed`)
}
