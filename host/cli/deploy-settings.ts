/** What a deploy says of its app: what the wrangler file says, and over that what `--settings` does. */

import { dirname, resolve } from 'node:path'

import { NO_BINDINGS } from '../config/no-bindings.ts'
import type { WranglerApp } from '../wrangler/app.ts'
import { isObject } from '../wrangler/file.ts'
import type { WranglerJson } from '../wrangler/file.ts'

export interface DeploySettings {
  /** JSON; undefined: nothing is said. */
  readonly text: string | undefined
  /** Settings that it does not say stay as they are. */
  readonly keepsOthers: boolean
  /** Absolute: the app's files. */
  readonly directory: string | undefined
  /** Where those have to lie. */
  readonly within: readonly string[] | undefined
}

/** `given`: a file of settings. What is wrong with them, the server says. */
export function toDeploySettings(
  project: WranglerApp | undefined,
  given: { readonly file: string; readonly text: string } | undefined,
  allowRead: readonly string[] = [],
): DeploySettings {
  const own = given && parse(given.text)
  const ownDirectory = given && own && toDirectory(own, dirname(given.file))
  if (project === undefined) {
    return { text: given?.text, keepsOthers: false, directory: ownDirectory, within: undefined }
  }
  const directory = ownDirectory ?? toDirectory(project.settings, '.')
  const folders = [project.folder, ...allowRead.map((each) => resolve(each))]
  const within = ownDirectory === undefined ? folders : undefined
  const settings = { ...NO_BINDINGS, ...withoutPaths(project.settings), ...project.limits }
  // what is no JSON object is sent as it is
  if (given !== undefined && own === undefined)
    return { text: given.text, keepsOthers: false, directory, within }
  const text = JSON.stringify({ ...settings, ...own, env: withOver(settings.env, own?.['env']) })
  return { text, keepsOthers: given === undefined, directory, within }
}

function withOver(env: unknown, over: unknown): unknown {
  if (over === undefined) return env
  return isObject(env) && isObject(over) ? { ...env, ...over } : over
}

/** Paths are of this machine. */
function withoutPaths({ assets, d1_databases: databases, ...others }: WranglerJson): WranglerJson {
  const without = (each: unknown, key: string): unknown =>
    isObject(each) ? Object.fromEntries(Object.entries(each).filter(([name]) => name !== key)) : each
  return {
    ...others,
    ...(assets === undefined ? {} : { assets: without(assets, 'directory') }),
    ...(databases === undefined
      ? {}
      : {
          d1_databases: Array.isArray(databases)
            ? databases.map((each: unknown) => without(each, 'migrations_dir'))
            : databases,
        }),
  }
}

function toDirectory({ assets }: WranglerJson, base: string): string | undefined {
  const directory = isObject(assets) ? assets['directory'] : undefined
  return typeof directory === 'string' ? resolve(base, directory) : undefined
}

function parse(text: string): WranglerJson | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
