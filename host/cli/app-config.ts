/** The configuration of the one app that is worked on: from the `nano.json` beside its sources, if there is one. */

import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'

import { DEFAULTS } from '../config/config.ts'
import type { AppConfig, Config } from '../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { usage } from './usage.ts'

export const CONFIG = 'nano.json'

export interface AppConfigOptions {
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
  const name = basename(path, extname(path))
  const app: AppConfig = known ?? { name, hostname: 'localhost', path, env: {}, limits: DEFAULT_LIMITS }
  return {
    ...(file === undefined ? {} : { file: resolve(file) }),
    host: DEFAULTS.host,
    port,
    // one build at a time, one client
    shards: 1,
    connectionLimits: config?.connectionLimits ?? DEFAULT_CONNECTION_LIMITS,
    admin: false,
    allowLoopback,
    apps: [{ ...app, path }],
  }
}

async function readConfig(file: string): Promise<Config> {
  // loads the schema library
  const parse = await import('../config/parse.ts')
  return parse.readConfig(file)
}

/** The nearest one, up to the folder of the package. */
function findConfig(path: string): string | undefined {
  const file = join(findProject(path), CONFIG)
  return existsSync(file) ? file : undefined
}

/** The nearest folder with a configuration or a package; that of the sources themselves when there is none. */
export function findProject(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const own = isFolder ? path : dirname(path)
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, CONFIG)) || existsSync(join(folder, 'package.json'))) return folder
  }
  return own
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
