/**
 * What an artifact of a registry says of its app, taken as what a wrangler file in an app's folder says: what an app may have
 * of its own, where nano.json says nothing. Its name, host name, egress, secrets, data that is shared and higher limits come
 * from nano.json alone. What is wrong with it is the fault of whoever pushed it.
 */

import { NanoError } from '../errors.ts'
import { toWhere } from '../json/places.ts'
import type { Path } from '../json/places.ts'
import type { WranglerApp } from '../wrangler/app.ts'
import { isObject } from '../wrangler/file.ts'
import type { WranglerJson } from '../wrangler/file.ts'
import { BINDING_KEYS } from './binding-names.ts'
import type { AppConfig, AppDefaults } from './config.ts'
import { DEFAULT_LIMITS, FILE_LIMITS } from './limits.ts'
import { APP_SETTINGS } from './schema.ts'
import type { AppJson } from './schema.ts'
import { mergeOwn } from './take-wrangler.ts'
import { toApp } from './to-config.ts'

/** Settings as an artifact has them: whatever somebody has pushed. */
export type ArtifactSettings = Readonly<Record<string, unknown>>

/** What an app may say of itself, with what of its settings that is not. */
export interface OwnSettings {
  readonly settings: WranglerJson
  readonly limits: WranglerJson
  /** What does not hold, a line each. */
  readonly warnings: readonly string[]
}

/** Keys of an app's own affairs; the rest is the operator's. */
const OWN: ReadonlySet<string> = new Set([
  'env',
  'assets',
  'triggers',
  'queues',
  'durable_objects',
  'migrations',
  'ratelimits',
  ...BINDING_KEYS,
])

/** `name`: for messages. Throws ARTIFACT_INVALID. */
export function toOwnSettings(given: ArtifactSettings, name: string): OwnSettings {
  const { error } = APP_SETTINGS.safeParse(given)
  if (error !== undefined) {
    const lines = error.issues.map(({ message, path }) => toLine(name, path as Path, message))
    throw new NanoError('ARTIFACT_INVALID', lines.join('\n'))
  }
  const entries = Object.entries(given)
  const others = entries.map(([key]) => key).filter((key) => !OWN.has(key) && !(key in FILE_LIMITS))
  return {
    settings: withoutPaths(Object.fromEntries(entries.filter(([key]) => OWN.has(key)))),
    limits: Object.fromEntries(entries.filter(([key]) => key in FILE_LIMITS)),
    warnings: others.map((key) => `${name}: ${key} is the operator's to say, and does not hold`),
  }
}

/** The app as nano.json and the artifact have it together. Throws ARTIFACT_INVALID. */
export function takeArtifact(
  app: AppConfig,
  { digest, settings }: { readonly digest: string; readonly settings: ArtifactSettings | undefined },
  defaults: AppDefaults = { limits: DEFAULT_LIMITS },
): AppConfig {
  const { artifact } = app
  if (artifact === undefined) return app
  if (settings === undefined) return { ...app, artifact: { ...artifact, digest } }
  const own = toOwnSettings(settings, app.path)
  const warnings = [...own.warnings]
  const merged = attempt(() =>
    mergeOwn(artifact.given as AppJson, toWranglerApp(app.path, own), { project: {}, defaults, warnings }),
  )
  const config = toApp(merged, defaults, artifact.base)
  return { ...config, artifact: { ...artifact, digest, warnings } }
}

/** As if a file in a folder said it. */
function toWranglerApp(file: string, { settings, limits }: OwnSettings): WranglerApp {
  return {
    file,
    folder: file,
    name: undefined,
    hostname: undefined,
    settings,
    limits,
    secrets: undefined,
    isFilesAlone: false,
    build: undefined,
    warnings: [],
    routeWarnings: [],
    placeOf: (path) => `${file}: ${toWhere(path)}`,
  }
}

/** Paths in an artifact would be of this machine. */
function withoutPaths({ assets, d1_databases: databases, ...others }: WranglerJson): WranglerJson {
  return {
    ...others,
    ...(isObject(assets) ? { assets: without(assets, 'directory') } : {}),
    ...(Array.isArray(databases)
      ? {
          d1_databases: databases.map((each: unknown) =>
            isObject(each) ? without(each, 'migrations_dir') : each,
          ),
        }
      : {}),
  }
}

function without(value: WranglerJson, key: string): WranglerJson {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
}

function attempt<T>(act: () => T): T {
  try {
    return act()
  } catch (cause) {
    if (!(cause instanceof NanoError)) throw cause
    throw new NanoError('ARTIFACT_INVALID', cause.message, { cause })
  }
}

function toLine(name: string, path: Path, message: string): string {
  return path.length === 0 ? `${name}: ${message}` : `${name}: ${toWhere(path)}: ${message}`
}
