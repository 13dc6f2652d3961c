/** An app that no nano.json names: from its sources, with what a wrangler file beside them and the command line say. */

import { join, resolve } from 'node:path'

import { NO_PATH } from '../config/config.ts'
import type { AppConfig } from '../config/config.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { isOci, parseReference } from '../config/oci-reference.ts'
import { openWrangler } from '../wrangler/app.ts'
import { findWrangler } from '../wrangler/find.ts'
import { CONFIG, findWranglerFolder, toEnvironment, toName } from './wrangler-project.ts'
import type { WranglerOptions } from './wrangler-project.ts'

/** Whatever host name is asked for. */
const HOSTNAME = 'localhost'

export interface LoneAppOptions extends WranglerOptions {
  readonly allowRead?: readonly string[] | undefined
  /** A directory with its files. */
  readonly assets?: string | undefined
  readonly isDevelopment?: boolean
  /** What a person wrote counts, and not what a tool built of it. */
  readonly isWritten?: boolean
}

/** `given`: a component, or sources; undefined: files alone. */
export async function openLoneApp(given: string | undefined, options: LoneAppOptions): Promise<AppConfig> {
  const { allowRead = [], assets, isDevelopment = false, isWritten = false, runBuild } = options
  if (given !== undefined && isOci(given)) return await openArtifactApp(given, options)
  const path = given === undefined ? undefined : resolve(given)
  const allowed = allowRead.map((each) => resolve(each))
  const folder = path === undefined ? undefined : findWranglerFolder(path)
  if (folder === undefined && assets === undefined) {
    const app = { name: toName(path!), hostname: HOSTNAME, path: path!, env: {}, limits: DEFAULT_LIMITS }
    return { ...app, allowRead: allowed }
  }
  const environment = toEnvironment(options)
  const entry = {
    name: findName(folder, environment) ?? toName(path ?? resolve(assets!)),
    hostname: HOSTNAME,
    path,
    allow_read: allowed,
    assets: assets && { directory: resolve(assets) },
  }
  // loads the schema library
  const { parseConfig } = await import('../config/parse.ts')
  const { apps } = parseConfig(JSON.stringify({ apps: [entry] }), join(folder ?? '.', CONFIG), () =>
    folder === undefined
      ? undefined
      : { folder, environment, isDevelopment, isWritten, isOwn: true, isBuilt: runBuild === true },
  )
  const [app] = apps
  return { ...app!, path: app!.path === NO_PATH ? NO_PATH : path! }
}

/** With what the artifact says of itself. */
async function openArtifactApp(path: string, { assets }: LoneAppOptions): Promise<AppConfig> {
  const name = parseReference(path)?.repository.split('/').at(-1) ?? HOSTNAME
  const entry = { name, hostname: HOSTNAME, path, assets: assets && { directory: resolve(assets) } }
  // loads the schema library
  const { parseConfig } = await import('../config/parse.ts')
  const [app] = parseConfig(JSON.stringify({ apps: [entry] }), CONFIG).apps
  return app!
}

/** What is wrong with the file is told of the app. */
function findName(folder: string | undefined, environment: string | undefined): string | undefined {
  try {
    const file = folder === undefined ? undefined : findWrangler(folder)
    return file === undefined ? undefined : openWrangler(file, environment).name
  } catch {
    return undefined
  }
}
