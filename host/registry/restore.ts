/** Deployed apps serve what served last, when the server starts. One that cannot be served keeps no other from it. */

import type { Canary, StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { Opener } from '../deploy/opener.ts'
import { toNanoError } from '../errors.ts'
import type { NanoError } from '../errors.ts'
import type { Registry } from './registry.ts'

export interface RestoreOptions {
  readonly registry: Registry
  readonly opener: Opener
  readonly onBroken: (app: string, error: NanoError) => void
  /** What serves, by app. */
  readonly serving: Map<string, StoredApp>
  /** What a version comes to. */
  readonly toComponent: (version: StoredVersion) => Promise<OpenComponent>
  readonly serve: (version: StoredVersion, component: OpenComponent, percent: number) => Promise<void>
}

export async function restoreApps(apps: readonly StoredApp[], options: RestoreOptions): Promise<void> {
  const { onBroken, registry, serving, serve, toComponent } = options
  for (const app of apps) {
    const { name, active, canary } = app
    serving.set(name, canary === undefined ? app : { name, active })
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await serve(active, await toComponent(active), 100)
      // oxlint-disable-next-line no-await-in-loop
      if (canary !== undefined) await restoreCanary(app, canary, options)
    } catch (thrown) {
      const error = toNanoError(thrown)
      onBroken(name, error)
      // oxlint-disable-next-line no-await-in-loop
      await registry
        .putUnavailable({ name, hostname: active.hostname }, 'deployed')
        .catch((conflict: unknown) => {
          onBroken(name, toNanoError(conflict))
        })
    }
  }
}

/** One that is no good leaves the other version all requests. */
async function restoreCanary(
  app: StoredApp,
  { version, percent }: Canary<StoredVersion>,
  { onBroken, opener, serving, serve }: RestoreOptions,
): Promise<void> {
  try {
    // opened although it is known: there is another version that can have its requests
    const { component } = await opener.ask('stored', version)
    await serve(version, component, percent)
    serving.set(app.name, app)
  } catch (thrown) {
    onBroken(app.name, toNanoError(thrown))
  }
}
