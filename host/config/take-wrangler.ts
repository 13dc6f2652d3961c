/**
 * An app of nano.json whose path is a folder with a wrangler file: what the file says is taken where nano.json says nothing,
 * variables and bindings one by one, and is checked as what stands in nano.json.
 *
 * nano.json is the operator's, the folder may be somebody else's. So the file gives the app what an app may have of its own:
 * variables, data under names of its own, files of the folder, times of the clock. Its name, host name, egress, secrets, data
 * that is shared and higher limits come from nano.json alone. What is wrong with the file is the app's fault, and keeps no
 * other app from being served.
 */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'

import { NanoError } from '../errors.ts'
import type { Path } from '../json/places.ts'
import { openWrangler, toUnbuilt } from '../wrangler/app.ts'
import type { WranglerApp } from '../wrangler/app.ts'
import { readDevVars, toDevVarFiles } from '../wrangler/dev-vars.ts'
import { findWritten, invalid, isObject } from '../wrangler/file.ts'
import type { WranglerJson } from '../wrangler/file.ts'
import { findWrangler, LOOKED_FOR } from '../wrangler/find.ts'
import { isWithin } from '../wrangler/within.ts'
import { NO_PATH } from './config.ts'
import type { AppConfig, AppDefaults, WranglerOutcome } from './config.ts'
import { defined } from './defined.ts'
import type { Env } from './env.ts'
import { FILE_LIMITS, LIMIT_RULES } from './limits.ts'
import { isOci } from './oci-reference.ts'
import { mergeWrangler, toMemberNames, without } from './merge-wrangler.ts'
import { APP } from './schema.ts'
import type { AppJson } from './schema.ts'

/** Where the sources of an app are. */
export interface Project {
  /** Absolute. */
  readonly folder: string
  readonly environment?: string | undefined
  /** It is developed: variables for that come first. */
  readonly isDevelopment?: boolean | undefined
  /** Whoever has the folder is the operator: the file says what limits there are. */
  readonly isOwn?: boolean | undefined
  /** What a person wrote counts, and not what a tool built of it. */
  readonly isWritten?: boolean | undefined
  /** Its build.command has run. */
  readonly isBuilt?: boolean | undefined
}

/** The project of an app; `base`: what its path is relative to. */
export type ToProject = (app: AppJson, base: string) => Project | undefined

/** The folder that the path names. */
export const toOwnProject: ToProject = ({ path, wrangler_env: environment }, base) => {
  if (path === undefined || path.endsWith('.wasm') || isOci(path)) return undefined
  const folder = resolve(base, path)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined
  return { folder, environment }
}

/** The app with what the file says. */
interface Taken {
  readonly app: AppJson
  /** Of the configuration that it comes to. */
  readonly finish: (config: AppConfig) => AppConfig
}

interface Context {
  readonly defaults: AppDefaults
  readonly base: string
}

export function takeWrangler(app: AppJson, project: Project, context: Context): Taken {
  const { environment, folder, isDevelopment = false } = project
  const nothing: WranglerOutcome = {
    environment,
    files: [
      ...LOOKED_FOR.map((name) => resolve(folder, name)),
      ...(isDevelopment ? toDevVarFiles(folder, environment) : []),
    ],
    warnings: [],
  }
  try {
    const file = project.isWritten === true ? findWritten(folder) : findWrangler(folder)
    if (file === undefined) return { app, finish: (config) => ({ ...config, wrangler: nothing }) }
    const outcome = { ...nothing, files: [...new Set([...nothing.files, file])] }
    return take(app, openWrangler(file, environment), outcome, project, context)
  } catch (thrown) {
    if (!(thrown instanceof NanoError)) throw thrown
    const fault = thrown.message
    return { app, finish: (config) => ({ ...config, wrangler: { ...nothing, fault } }) }
  }
}

function take(
  app: AppJson,
  given: WranglerApp,
  nothing: WranglerOutcome,
  project: Project,
  { base, defaults }: Context,
): Taken {
  const { folder, isDevelopment = false } = project
  const warnings = [...given.warnings]
  if (given.build !== undefined && project.isBuilt !== true) warnings.push(toUnbuilt(given))
  const merged = mergeOwn(app, given, { project, defaults, warnings })
  const within = [given.folder, ...(app.allow_read ?? []).map((path) => resolve(base, path))]
  expectMigrationsWithin(within, merged, app, given)
  const variables = isDevelopment ? toVariables(merged, given, project) : {}
  const missing = (given.secrets ?? []).filter(
    (name) => !toMemberNames(merged).has(name) && !Object.hasOwn(variables, name),
  )
  if (missing.length > 0) warnings.push(toMissing(missing, given, isDevelopment))
  const hasOwnFiles = app.assets?.directory !== undefined || merged.assets?.directory === undefined
  const wrangler = { ...nothing, warnings, ...(hasOwnFiles ? {} : { assetsWithin: within }) }
  const isFilesAlone = given.isFilesAlone && app.path !== undefined && resolve(base, app.path) === folder
  return {
    app: { ...merged, ...defined({ secrets: merged.secrets && without(merged.secrets, variables) }) },
    finish: (config) => ({
      ...config,
      wrangler,
      env: { ...config.env, ...variables },
      ...(isFilesAlone ? { path: NO_PATH } : {}),
    }),
  }
}

/** What nano.json says, and what an app says of itself, as far as it may. Throws WRANGLER_INVALID. */
export function mergeOwn(
  app: AppJson,
  given: WranglerApp,
  {
    project,
    defaults,
    warnings,
  }: {
    readonly project: Pick<Project, 'isOwn'>
    readonly defaults: AppDefaults
    /** Takes what does not hold. */
    readonly warnings: string[]
  },
): AppJson {
  const own = toOwnServices(given, project, warnings)
  return check(mergeWrangler({ ...toLimits(given, project, defaults, warnings), ...app }, own), given)
}

/** Throws WRANGLER_INVALID: what nano.json says was checked before. */
function check(merged: unknown, { placeOf }: WranglerApp): AppJson {
  const { data, error } = APP.safeParse(merged)
  if (data !== undefined) return data
  const lines = error.issues.map(({ message, path }) => `${placeOf(path as Path)}: ${message}`)
  throw invalid(lines.join('\n'))
}

/** Those that the file may set: of an app in nano.json what is lower than what it has, else what NANO takes. */
function toLimits(
  { file, limits }: WranglerApp,
  { isOwn = false }: Pick<Project, 'isOwn'>,
  { limits: before }: AppDefaults,
  warnings: string[],
): Record<string, unknown> {
  const entries = Object.entries(FILE_LIMITS).flatMap(([key, name]): [string, unknown][] => {
    const value = limits[key]
    if (value === undefined) return []
    const most = isOwn ? LIMIT_RULES[name].range[1] : before[name]
    if (typeof value !== 'number' || value <= most) return [[key, value]]
    const who = isOwn
      ? 'more than there can be'
      : 'more than the app is given; the operator says it in nano.json'
    warnings.push(`${file}: limits: ${key} is ${value}, ${who}; ${most} holds`)
    return [[key, most]]
  })
  return Object.fromEntries(entries)
}

/** Of an app in nano.json: which other apps it calls, nano.json says. */
function toOwnServices(
  given: WranglerApp,
  { isOwn = false }: Pick<Project, 'isOwn'>,
  warnings: string[],
): WranglerApp {
  const { file, settings } = given
  const { services } = settings
  if (isOwn || !Array.isArray(services)) return given
  const isForeign = (each: unknown): each is WranglerJson => isObject(each) && each['service'] !== undefined
  for (const each of services.filter(isForeign)) {
    const { binding, service } = each
    warnings.push(
      `${file}: services: ${String(binding)} calls another app, ${String(service)}, and is not in env; the operator gives it in nano.json`,
    )
  }
  return { ...given, settings: { ...settings, services: services.filter((each) => !isForeign(each)) } }
}

function expectMigrationsWithin(
  within: readonly string[],
  { d1_databases: databases = [] }: AppJson,
  app: AppJson,
  { placeOf }: WranglerApp,
): void {
  const own = new Set(app.d1_databases?.map(({ binding }) => binding))
  for (const { binding, migrations_dir: directory } of databases) {
    if (own.has(binding) || directory === undefined || isWithin(within, directory)) continue
    throw invalid(
      `${placeOf(['d1_databases'])}: expected a migrations_dir in the folder of the app, got ${directory}`,
    )
  }
}

/** Files for development, in the place of what else gives these members of `env`; bindings stay. */
function toVariables(merged: AppJson, given: WranglerApp, { folder, environment }: Project): Env {
  const read = readDevVars(folder, environment, {
    secrets: given.secrets,
    variables: Object.keys({ ...merged.env, ...merged.secrets }),
  })
  const bound = toMemberNames({ ...merged, env: {}, secrets: {} })
  const entries = Object.entries(read).filter(([name]) => !bound.has(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, { type: 'secret', value }]))
}

function toMissing(names: readonly string[], { file }: WranglerApp, isDevelopment: boolean): string {
  const next = isDevelopment
    ? 'write them into .dev.vars'
    : 'nano.json says where they are: docs/tenants/variables.md'
  return `${file}: secrets: there is no ${names.join(', ')}; ${next}`
}
