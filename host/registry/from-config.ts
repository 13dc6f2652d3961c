/**
 * nano.json as a client of the registry: puts the apps of a configuration, one after the other. Apps with the same path
 * share one component.
 */

import type { Config } from '../config/config.ts'
import type { OpenComponent } from '../deploy/open-component.ts'
import type { Opener } from '../deploy/opener.ts'
import type { OpeningNote } from '../deploy/opening.ts'
import { NanoError, toNanoError } from '../errors.ts'
import type { Registry } from './registry.ts'

/** A step that takes seconds. `done` of `total` apps lie behind. */
export interface LoadStep {
  readonly text: string
  readonly done: number
  readonly total: number
}

/** What is said while a configuration is loaded. */
export interface LoadListener {
  /** There are apps of others: without one of its own, the configuration is as good. */
  readonly hasOthers?: boolean
  onProgress?: ((step: LoadStep) => void) | undefined
  /** The app cannot be served, on its own account; the others can. */
  onBroken(app: string, error: NanoError): void
  /** Something is missing without which the app can be served. */
  onWarning(app: string, text: string): void
}

/**
 * An app that is no good is put as unavailable, so that no tenant keeps the others from being served after a restart.
 * Throws when no app is left and there are no others, and for whatever is the operator's to mend; the error names the app.
 */
export async function loadConfig(
  { registry, opener }: { readonly registry: Registry; readonly opener: Opener },
  { apps, file }: Pick<Config, 'apps' | 'file'>,
  listener: LoadListener,
): Promise<void> {
  const { hasOthers = false } = listener
  const isLone = apps.length === 1 && !hasOthers
  const components = new Map<string, OpenComponent>()
  let served = 0
  let broken = 0
  let first: NanoError | undefined
  for (const app of apps) {
    const tell = (text: string): void =>
      listener.onProgress?.({ text, done: served + broken, total: apps.length })
    const onNote = (note: OpeningNote): void => {
      if (note.type === 'warning') listener.onWarning(app.name, note.text)
      else tell(note.type === 'building' ? `building ${app.name}` : 'building the engine (once)')
    }
    try {
      const key = JSON.stringify([app.path, app.allowRead])
      const access = { allowRead: app.allowRead, configuration: file }
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that progress can be told
      const component = components.get(key) ?? (await opener.component(app.path, access, onNote))
      components.set(key, component)
      // oxlint-disable-next-line no-await-in-loop
      await registry.put(app, { component, onNote })
      served++
    } catch (thrown) {
      const error = toNanoError(thrown)
      const named = new NanoError(error.code, `app ${app.name}: ${error.message}`, { cause: thrown })
      if (error.blame !== 'tenant' || isLone) throw named
      first ??= named
      broken++
      // oxlint-disable-next-line no-await-in-loop
      await registry.putUnavailable(app)
      listener.onBroken(app.name, error)
    }
  }
  if (served === 0 && first !== undefined && !hasOthers) throw first
}
