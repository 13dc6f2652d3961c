/**
 * A Pages project as an app: the folder that it names is its files, and `_worker.js` in it, a file or a folder, is what is built.
 * What `functions/` holds is compiled by wrangler alone; its result is such a folder.
 */

import { readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { invalid, isFile, isObject } from './file.ts'
import type { WranglerFile, WranglerJson } from './file.ts'
import { toAppFolder } from './find.ts'
import type { Say } from './say.ts'
import { isWithin } from './within.ts'

const KEY = 'pages_build_output_dir'
/** What a build leaves there, in the order in which Pages looks. */
const WORKERS = ['_worker.js', '_worker.js/index.js']
const MOST_ROUTES_BYTES = 64 * 1024

/** What a file says, in the words of Workers. Throws WRANGLER_INVALID. */
export function withPages(read: WranglerFile, file: string, say: Say): WranglerFile {
  const { json, placeOf } = read
  const given = json[KEY]
  if (typeof given !== 'string' || json['main'] !== undefined || json['assets'] !== undefined) return read
  const base = dirname(file)
  const folder = resolve(base, given)
  if (!isWithin([toAppFolder(file)], folder))
    throw invalid(`${placeOf([KEY])}: ${KEY}: expected a folder of the app, got ${given}`)
  const worker = WORKERS.map((name) => join(folder, name)).find(isFile)
  if (worker === undefined && isFolder(join(base, 'functions')))
    say(KEY, `functions/ is not built; npx wrangler pages functions build --outdir ${given}/_worker.js does`)
  const assets = {
    directory: given,
    not_found_handling: isFile(join(folder, '404.html')) ? '404-page' : 'single-page-application',
    ...(worker !== undefined && { binding: 'ASSETS', run_worker_first: toFirst(folder) }),
  }
  const main = worker === undefined ? {} : { main: relative(base, worker) }
  return { json: { ...json, ...main, assets }, placeOf }
}

/** What `_routes.json` leaves to the app; without one, that is everything. */
function toFirst(folder: string): true | readonly string[] {
  const file = join(folder, '_routes.json')
  if (!isFile(file) || !isWithin([folder], file) || statSync(file).size > MOST_ROUTES_BYTES) return true
  const { include, exclude } = parse(readFileSync(file, 'utf8'))
  return [...toPatterns(include, ''), ...toPatterns(exclude, '!')]
}

function parse(text: string): WranglerJson {
  try {
    const value = JSON.parse(text) as unknown
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function toPatterns(list: unknown, sign: '' | '!'): string[] {
  if (!Array.isArray(list)) return sign === '' ? ['/*'] : []
  return list.filter((each) => typeof each === 'string').map((each) => `${sign}${each}`)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
