/**
 * Source files by names that are the same on every machine: relative to the app or to `node_modules`.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path'

const PACKAGES = 'node_modules/'
/** Modules of the bundler's own. */
const BUNDLER_PATH = 'nano:bundler'

/** The part of a source map that is looked at here. */
interface RawMap {
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[] | undefined
  readonly names: readonly string[]
  readonly mappings: string
}

/** A file's path for a person or a map: relative to `root`, or from the last `node_modules` on. */
export function showPath(file: string, root: string): string {
  if (!isAbsolute(file)) return file
  const path = relative(root, file).split(sep).join('/')
  const packages = path.lastIndexOf(PACKAGES)
  return packages === -1 ? path : path.slice(packages)
}

/** The map with portable paths, and with the text of the app's own sources only. */
export function normaliseMap(map: RawMap, root: string, toReal: (path: string) => string) {
  // the bundler writes paths relative to an output directory below `root`
  const output = resolve(root, 'dist')
  const sources = map.sources.map((source) => {
    if (source.includes('\0')) return BUNDLER_PATH
    return showPath(toReal(source.startsWith('.') ? resolve(output, source) : source), root)
  })
  const isOwn = (source: string) => !source.startsWith(PACKAGES) && !source.startsWith('nano:')
  return {
    version: 3,
    sources,
    sourcesContent: sources.map((source, index) =>
      isOwn(source) ? (map.sourcesContent?.[index] ?? null) : null,
    ),
    names: map.names,
    mappings: map.mappings,
  }
}
