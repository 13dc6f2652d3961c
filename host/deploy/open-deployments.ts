/**
 * All apps of a configuration, ready to be served. Reads as the steps: open each component, check its engine, open the
 * engine. Apps with the same path share one component; apps with the same engine share that.
 */

import type { AppConfig, Config } from '../config/config.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { toNanoError, NanoError } from '../errors.ts'
import { toDeployment } from './deployment.ts'
import type { Deployment } from './deployment.ts'
import { openComponent } from './open-component.ts'
import type { OpenComponent } from './open-component.ts'
import { Engines } from './open-engines.ts'

/** A step that takes seconds. `done` of `total` apps lie behind. */
export interface DeployStep {
  readonly text: string
  readonly done: number
  readonly total: number
}

/** What is said while a configuration is opened. */
export interface DeployListener {
  onProgress?: ((step: DeployStep) => void) | undefined
  /** The app cannot be served, on its own account; the others can. */
  onBroken(app: string, error: NanoError): void
  /** Something is missing without which the app can be served. */
  onWarning(app: string, text: string): void
}

export interface OpenDeployments {
  readonly deployments: readonly Deployment[]
  /** Apps that cannot be served. */
  readonly broken: readonly AppConfig[]
  /** By hash. */
  readonly engines: ReadonlyMap<string, CompiledEngine>
  readonly counters: Readonly<EngineCounters>
}

/**
 * An app that is no good is left out, so that no tenant keeps the others from being served after a restart. Throws when
 * no app is left, and for whatever is the operator's to mend; the error names the app.
 */
export async function openDeployments(
  { apps, engines: additions, file }: Pick<Config, 'apps' | 'engines' | 'file'>,
  listener: DeployListener,
): Promise<OpenDeployments> {
  const engines = new Engines(additions)
  const components = new Map<string, OpenComponent>()
  const deployments: Deployment[] = []
  const broken: AppConfig[] = []
  let first: NanoError | undefined
  for (const app of apps) {
    const tell = (text: string): void =>
      listener.onProgress?.({ text, done: deployments.length + broken.length, total: apps.length })
    const opening = {
      onBuild: () => tell(`building ${app.name}`),
      onWarning: (text: string) => listener.onWarning(app.name, text),
    }
    try {
      const key = JSON.stringify([app.path, app.allowRead])
      const access = { allowRead: app.allowRead, configuration: file }
      const component = components.get(key) ?? (await openComponent(app.path, opening, access))
      components.set(key, component)
      await engines.open(component.engineHash, () => tell('building the engine (once)'))
      deployments.push(toDeployment(app, component))
    } catch (thrown) {
      const error = toNanoError(thrown)
      const named = new NanoError(error.code, `app ${app.name}: ${error.message}`, { cause: thrown })
      if (error.blame !== 'tenant' || apps.length === 1) throw named
      first ??= named
      broken.push(app)
      listener.onBroken(app.name, error)
    }
  }
  if (deployments.length === 0 && first !== undefined) throw first
  return { deployments, broken, engines: engines.opened, counters: engines.counters }
}
