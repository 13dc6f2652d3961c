/**
 * A deployed app goes with all that it has kept.
 *
 *     served  --what it has begun is cut-->  stopped  --its data goes-->  empty  --its versions go-->  forgotten
 *
 * Its versions say what data it has, so that they go last: when something fails it is asked for again, and goes on.
 */

import { toResource } from '../config/resource.ts'
import type { AppConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import type { StoredVersion } from '../artifacts/store.ts'

/** Makes data of these bindings go, for good. */
export type EraseData = (envs: readonly Env[]) => Promise<void>

export interface EraseSteps {
  readonly versions: readonly StoredVersion[]
  /** What a version's settings come to. */
  readonly parse: (version: StoredVersion) => AppConfig
  readonly stop: () => Promise<void>
  readonly erase: EraseData
  readonly forget: () => Promise<unknown>
}

export async function eraseApp(
  app: string,
  { versions, parse, stop, erase, forget }: EraseSteps,
): Promise<void> {
  // caches are of no binding
  const caches = {
    type: 'binding',
    kind: 'cache',
    settings: '{}',
    resource: toResource('cache', app, ''),
  } as const
  const envs = versions.flatMap((version) => toEnv(version, parse))
  await stop()
  await erase([...envs, { caches }])
  await forget()
}

/** Of settings that are valid no more nothing is known. */
function toEnv(version: StoredVersion, parse: EraseSteps['parse']): Env[] {
  try {
    const { env, queues } = parse(version)
    const members = (queues?.all ?? []).map(({ resource }): [string, Env[string]] => [
      resource.key,
      { type: 'binding', kind: resource.kind, settings: '{}', resource },
    ])
    return [env, Object.fromEntries(members)]
  } catch {
    return []
  }
}
