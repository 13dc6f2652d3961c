/**
 * All apps of a configuration, ready to be served. Reads as the steps: open each component, check its engine, open the
 * engine. Apps with the same path share one component; apps with the same engine share that.
 */

import type { Config } from '../config/config.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { Engine } from '../engine/instantiate.ts'
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
  /** Something is missing without which the app can be served. */
  onWarning(app: string, text: string): void
}

export interface OpenDeployments {
  readonly deployments: readonly Deployment[]
  /** By hash. */
  readonly engines: ReadonlyMap<string, Engine>
  readonly counters: Readonly<EngineCounters>
}

/** Throws for the first app that cannot be served; the error names it. */
export async function openDeployments(
  { apps, engines: additions }: Pick<Config, 'apps' | 'engines'>,
  listener: DeployListener,
): Promise<OpenDeployments> {
  const engines = new Engines(additions)
  const components = new Map<string, OpenComponent>()
  const deployments: Deployment[] = []
  for (const app of apps) {
    const tell = (text: string): void =>
      listener.onProgress?.({ text, done: deployments.length, total: apps.length })
    const opening = {
      onBuild: () => tell(`building ${app.name}`),
      onWarning: (text: string) => listener.onWarning(app.name, text),
    }
    try {
      const component = components.get(app.path) ?? (await openComponent(app.path, opening))
      components.set(app.path, component)
      await engines.open(component.engineHash, () => tell('building the engine (once)'))
      deployments.push(toDeployment(app, component))
    } catch (thrown) {
      const error = toNanoError(thrown)
      throw new NanoError(error.code, `app ${app.name}: ${error.message}`, { cause: thrown })
    }
  }
  return { deployments, engines: engines.opened, counters: engines.counters }
}
