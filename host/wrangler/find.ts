/**
 * Which wrangler file an app is built and served by. Tools that build a project (Vite, Astro, Nitro) write one beside their
 * output, and say where it is, as wrangler reads it:
 *
 *     site/wrangler.jsonc                    what a person wrote; may be missing
 *     site/.wrangler/deploy/config.json      { "configPath": "../../dist/server/wrangler.json" }
 *     site/dist/server/wrangler.json         what counts, with paths relative to itself; its app's folder is site/
 */

import { dirname, join, resolve } from 'node:path'

import { findWritten, invalid, isFile, readWrangler, WRANGLER_FILES } from './file.ts'
import { isWithin } from './within.ts'

const REDIRECT = '.wrangler/deploy/config.json'

/** What is looked for in a folder. */
export const LOOKED_FOR = [...WRANGLER_FILES, REDIRECT]

/** The file of a folder: that of its last build, or the one that a person wrote. Throws WRANGLER_INVALID. */
export function findWrangler(folder: string): string | undefined {
  return findBuilt(folder) ?? findWritten(folder)
}

export function hasWrangler(folder: string): boolean {
  return isFile(join(folder, REDIRECT)) || findWritten(folder) !== undefined
}

/** The nearest folder with a file, from one up to another that is around it. */
export function findFolder(folder: string, last: string): string | undefined {
  if (hasWrangler(folder)) return folder
  return folder === last || folder === dirname(folder) ? undefined : findFolder(dirname(folder), last)
}

/** The folder of the app that a file is about: around a build's output that of the project, else the file's own. */
export function toAppFolder(file: string): string {
  const own = dirname(file)
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    if (isFile(join(folder, REDIRECT))) return findBuilt(folder) === file ? folder : own
  }
  return own
}

/** Throws WRANGLER_INVALID: what was built is not there, or not the app's. */
function findBuilt(folder: string): string | undefined {
  const redirect = join(folder, REDIRECT)
  if (!isFile(redirect)) return undefined
  const { json, placeOf } = readWrangler(redirect)
  const { configPath: path } = json
  const fail = (expected: string) =>
    invalid(`${placeOf(['configPath'])}: configPath: expected ${expected}; build the project again`)
  if (typeof path !== 'string') throw fail(`the wrangler file of a build, got ${JSON.stringify(path)}`)
  const file = resolve(dirname(redirect), path)
  if (!isWithin([folder], file)) throw fail(`a file in the folder of the app, got ${file}`)
  if (!isFile(file)) throw fail(`a file that is there, got ${file}`)
  return file
}
