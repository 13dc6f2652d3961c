/**
 * A directory to the manifest of an app: every file in it but those that `.assetsignore` names, hashed. What a link leads to
 * is taken when it is a file within the directory. A file that has its compressed form beside it (`app.js.br`, `app.js.gz`)
 * is given in that form to who takes it.
 */

import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { join, relative, sep } from 'node:path'

import ignore from 'ignore'
import type { Ignore } from 'ignore'

import { NanoError } from '../errors.ts'
import { readRegularFile } from './read-file.ts'
import { MOST } from '../assets/manifest.ts'
import type { Asset, AssetFile, AssetManifest, Coding } from '../assets/manifest.ts'
import { toAssetHash, toWarnings } from '../assets/site.ts'
import { isWithin } from '../wrangler/within.ts'

export interface Scan {
  readonly manifest: AssetManifest
  /** What was looked at: files, and directories. */
  readonly inputs: readonly string[]
  readonly warnings: readonly string[]
}

const IGNORE_FILE = '.assetsignore'
const HEADERS_FILE = '_headers'
const REDIRECTS_FILE = '_redirects'
/** Nobody means to publish these; `.assetsignore` can take it back with a "!". */
const IGNORED = [
  '.DS_Store',
  '.git',
  'node_modules',
  '.dev.vars*',
  '.env*',
  '.wrangler',
  '/_worker.js',
  '/_routes.json',
]
const SUFFIXES: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' }

/** `directory`: absolute. `within`: it has to lie in one of these, links followed. Throws ASSETS_INVALID. */
export function scanAssets(directory: string, within?: readonly string[]): Scan {
  const root = toRoot(directory)
  if (within !== undefined && !isWithin(within, root)) {
    fail(
      `${directory}: expected a directory in the folder of the app, got one outside; --allow-read opens more`,
    )
  }
  const warnings: string[] = []
  const inputs = [root, ...[IGNORE_FILE, HEADERS_FILE, REDIRECTS_FILE].map((name) => join(root, name))]
  const rules = ignore().add(IGNORED).add(readText(root, IGNORE_FILE))
  rules.add([`/${IGNORE_FILE}`, `/${HEADERS_FILE}`, `/${REDIRECTS_FILE}`])
  const names: string[] = []
  walk(root, '', { rules, inputs, names, warnings })
  const files: Record<string, Asset> = Object.create(null) as Record<string, Asset>
  let total = 0
  for (const name of names.sort()) {
    const file = toOwnFile(root, name)
    if (file === undefined) {
      warnings.push(`${name} leads out of ${root}, or to no file, and is left out`)
      continue
    }
    inputs.push(join(root, name))
    const bytes = read(join(root, file), name)
    total += bytes.length
    expectMost(Object.keys(files).length + 1, total, name)
    files[`/${name}`] = { file, size: bytes.length, hash: toAssetHash(bytes) }
  }
  const manifest = {
    root,
    files: withCoded(files),
    headers: readText(root, HEADERS_FILE),
    redirects: readText(root, REDIRECTS_FILE),
  }
  return { manifest, inputs, warnings: [...warnings, ...toWarnings(manifest)] }
}

/** Throws ASSETS_INVALID for more than an app may have. */
export function expectMost(count: number, totalBytes: number, name: string): void {
  if (count > MOST.files) fail(`expected at most ${MOST.files} files, got more`)
  if (totalBytes > MOST.totalBytes) fail(`expected at most ${MOST.totalBytes} bytes in all files, got more`)
  if (name.length > MOST.pathLength) {
    fail(
      `expected paths of at most ${MOST.pathLength} characters, got ${name.length}: ${name.slice(0, 60)}...`,
    )
  }
}

interface Walk {
  readonly rules: Ignore
  readonly inputs: string[]
  readonly names: string[]
  readonly warnings: string[]
}

function walk(root: string, folder: string, state: Walk): void {
  for (const entry of list(join(root, folder))) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (state.rules.ignores(entry.isDirectory() ? `${name}/` : name)) continue
    if (entry.isDirectory()) {
      state.inputs.push(join(root, name))
      walk(root, name, state)
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      state.names.push(name)
      if (state.names.length > MOST.files) fail(`${root}: expected at most ${MOST.files} files, got more`)
    } else state.warnings.push(`${name} is no file, and is left out`)
  }
}

/** The file's own name below the root, links followed; undefined: it is none, or elsewhere. */
function toOwnFile(root: string, name: string): string | undefined {
  try {
    const path = join(root, name)
    if (!lstatSync(path).isSymbolicLink()) return name
    const end = relative(root, realpathSync(path))
    const isInside = end !== '' && end !== '..' && !end.startsWith(`..${sep}`)
    return isInside && statSync(path).isFile() ? end : undefined
  } catch {
    return undefined
  }
}

/** Compressed forms that lie beside their files. */
function withCoded(files: Readonly<Record<string, Asset>>): Record<string, Asset> {
  const entries = Object.entries(files).map(([path, asset]): [string, Asset] => {
    const coded: Partial<Record<Coding, AssetFile>> = {}
    for (const [coding, suffix] of Object.entries(SUFFIXES) as [Coding, string][]) {
      const beside = files[path + suffix]
      if (beside !== undefined && beside.size < asset.size)
        coded[coding] = { file: beside.file, size: beside.size }
    }
    return [path, Object.keys(coded).length === 0 ? asset : { ...asset, coded }]
  })
  return Object.fromEntries(entries)
}

function list(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (cause) {
    return fail(`${path}: the directory cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause)
  }
}

function read(path: string, name: string): Uint8Array {
  try {
    return readRegularFile(path, (size) => {
      if (size > MOST.fileBytes)
        fail(`${name}: expected a file of at most ${MOST.fileBytes} bytes, got ${size}`)
    })
  } catch (cause) {
    if (cause instanceof NanoError && cause.code === 'ASSETS_INVALID') throw cause
    return fail(`${name}: ${(cause as Error).message}`, cause)
  }
}

function readText(root: string, name: string): string {
  const path = join(root, name)
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
    ? Buffer.from(read(path, name)).toString()
    : ''
}

function toRoot(directory: string): string {
  const stats = statSync(directory, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true)
    fail(`${directory}: expected a directory with the app's assets, got none`)
  return realpathSync(directory)
}

function fail(text: string, cause?: unknown): never {
  throw new NanoError('ASSETS_INVALID', text, { cause })
}
