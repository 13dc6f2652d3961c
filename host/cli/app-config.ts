/** The configuration of the one app that is worked on: from the `nano.json` beside its sources, or from a wrangler file. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { DEFAULTS, NO_PATH } from '../config/config.ts'
import type { AppConfig, Config } from '../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { ToProject } from '../config/take-wrangler.ts'
import { openLoneApp } from './lone-app.ts'
import type { LoneAppOptions } from './lone-app.ts'
import { usage } from './usage.ts'
import { CONFIG, findProject, findWranglerFolder, toEnvironment } from './wrangler-project.ts'

export interface AppConfigOptions extends LoneAppOptions {
  readonly config?: string | undefined
  readonly name?: string | undefined
  readonly port?: number | undefined
  readonly allowLoopback?: true | undefined
}

/** A configuration of the one app at a path; `path` may be a folder that apps lie in. */
export async function openAppConfig(path: string, options: AppConfigOptions): Promise<Config> {
  const file = options.config ?? findConfig(path)
  const config = file === undefined ? undefined : await readConfig(file)
  const { allowLoopback = config?.allowLoopback ?? false, port = config?.port ?? DEFAULTS.port } = options
  const known = config === undefined ? undefined : findApp(config, path, options.name)
  const app =
    known === undefined ? await openLoneApp(path, options) : await withWrangler(known, file!, path, options)
  return {
    ...(file === undefined ? {} : { file: resolve(file) }),
    host: DEFAULTS.host,
    port,
    // one build at a time, one client
    shards: 1,
    connectionLimits: config?.connectionLimits ?? DEFAULT_CONNECTION_LIMITS,
    admin: false,
    allowLoopback,
    apps: [{ ...app, path: app.path === NO_PATH ? NO_PATH : path }],
  }
}

/** The app with what the wrangler file of its sources says, although its path may be that of what they are built to. */
async function withWrangler(
  known: AppConfig,
  file: string,
  path: string,
  options: AppConfigOptions,
): Promise<AppConfig> {
  const folder = findWranglerFolder(path)
  if (folder === undefined) return known
  const { isDevelopment = false, isWritten = false, runBuild } = options
  const { apps } = await readConfig(file, ({ name, wrangler_env: given }) => {
    if (name !== known.name) return undefined
    const environment = options.env ?? given ?? toEnvironment(options)
    return { folder, environment, isDevelopment, isWritten, isBuilt: runBuild === true }
  })
  return apps.find(({ name }) => name === known.name)!
}

async function readConfig(file: string, toProject?: ToProject): Promise<Config> {
  // loads the schema library
  const parse = await import('../config/parse.ts')
  return parse.readConfig(file, toProject)
}

/** The nearest one, up to the folder of the package. */
function findConfig(path: string): string | undefined {
  const file = join(findProject(path), CONFIG)
  return existsSync(file) ? file : undefined
}

/** The app that the sources are for: by its name, its path, or because there is no other. */
function findApp({ apps }: Config, path: string, name: string | undefined): AppConfig | undefined {
  const found = apps.find((app) => (name === undefined ? app.path === path : app.name === name))
  if (found !== undefined) return found
  if (name === undefined && apps.length < 2) return apps[0]
  const names = apps.map((app) => app.name).join(', ')
  throw usage(
    name === undefined
      ? `which app of ${CONFIG} is it? say --name, one of ${names}`
      : `--name: expected one of ${names}, got "${name}"`,
  )
}
