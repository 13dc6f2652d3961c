/**
 * What a build may read. An app is somebody's; the machine that builds it is the operator's, and what is imported ends up
 * in the component. So a build sees these and nothing else, by real path:
 *
 *     the app's folder            the directory that was named; for a file: its package, the folder of its wrangler file, or
 *                                 the folder that it lies in
 *     node_modules of the folders above it, as Node.js finds packages, without what tools keep there for themselves
 *     what the operator allows    `--allow-read <path>`, "allow_read"
 */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { hasWrangler } from '../wrangler/find.ts'

/** An operator's file: a folder that holds it is no app's package. */
const CONFIGURATION = 'nano.json'
const MANIFEST = 'package.json'
const PACKAGES = 'node_modules'
/** Folders beside packages in which package managers keep the packages themselves; others hold caches and lists. */
const STORES: ReadonlySet<string> = new Set(['.pnpm', '.store', '.bun'])

/** What is said of a path that may not be read. */
export const OUTSIDE =
  "is outside of what the build may read: the app's folder and node_modules; move it into the app, " +
  'or allow it with --allow-read <path> ("allow_read" in nano.json)'

/** Which files a build may read. All paths are absolute and real. */
export interface Readable {
  /** The app's folder. */
  readonly root: string
  /** Whether the build may read this file. Gives false for what is not there. */
  allows(file: string): boolean
  /** Every file that was asked for: what the result depends on. */
  readonly asked: ReadonlySet<string>
}

/** The folder of an app whose entry is a file in `directory`. `outside`: a directory that belongs to no app. */
export function findPackageFolder(directory: string, outside?: string): string {
  const isOperators = (folder: string) =>
    existsSync(join(folder, CONFIGURATION)) || (outside !== undefined && contains(folder, outside))
  const folders = upwards(directory)
  const end = folders.findIndex(isOperators)
  const own = end < 0 ? folders : folders.slice(0, end)
  const found = own.find((folder) => existsSync(join(folder, MANIFEST)))
  // a package may have none
  return found ?? own.find(hasWrangler) ?? directory
}

/** `allowed`: further files and directories. */
export function createReadable(root: string, allowed: readonly string[]): Readable {
  const own = [root, ...allowed.map((path) => toReal(resolve(path)) ?? resolve(path))]
  const above = upwards(dirname(root)).flatMap((folder) => toReal(join(folder, PACKAGES)) ?? [])
  const isPackage = (folder: string, file: string) => {
    const [name = ''] = relative(folder, file).split(sep)
    return !name.startsWith('.') || STORES.has(name)
  }
  const asked = new Set<string>()
  return {
    root,
    asked,
    allows(file) {
      asked.add(file)
      const real = toReal(file)
      if (real === undefined) return false
      if (own.some((folder) => contains(folder, real))) return true
      return above.some((folder) => contains(folder, real) && isPackage(folder, real))
    },
  }
}

/** Whether a file belongs to a package of an app's. The app's own folder may be in a `node_modules` itself. */
export function isOfPackage(file: string, root: string): boolean {
  const path = contains(root, file) ? relative(root, file) : file
  return path.split(sep).includes(PACKAGES)
}

/** Whether a path is the directory or lies below it. */
export function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
}

/** A directory and those above it, innermost first. */
export function upwards(directory: string): string[] {
  const above = dirname(directory)
  return above === directory ? [directory] : [directory, ...upwards(above)]
}

/** The path without links, or undefined when nothing is there. */
export function toReal(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
