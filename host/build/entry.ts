/**
 * Where an app begins: from the path that a person gave to the one file that the bundler starts from, and to what the
 * build may read.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { NanoError } from '../errors.ts'
import { findFolder, findWrangler, LOOKED_FOR } from '../wrangler/find.ts'
import { openSource } from '../wrangler/source.ts'
import type { SourceSettings } from '../wrangler/source.ts'
import { createReadable, findPackageFolder, OUTSIDE, type Readable } from './app-root.ts'

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.js', '.mjs', '.jsx', '.cjs', '.cts']
const DECLARATION = /\.d\.[cm]?tsx?$/

export interface AppSource {
  /** The absolute, real path of the entry file. */
  readonly entry: string
  readonly readable: Readable
  /** What its wrangler file says. */
  readonly settings?: SourceSettings | undefined
}

export interface SourceOptions {
  /** Further files and directories that the build may read. */
  readonly allowRead: readonly string[]
  /** A directory that belongs to no app, such as the configuration's. */
  readonly outside?: string | undefined
  /** The environment of the wrangler file. */
  readonly environment?: string | undefined
}

/** Finds an app. `path`: its entry file, or a directory with a wrangler file, package.json or an index file. */
export function findSource(path: string, { allowRead, outside, environment }: SourceOptions): AppSource {
  const absolute = resolve(path)
  const kind = kindOf(absolute)
  if (kind === 'none') throw new NanoError('BUILD_FAILED', `${path}: there is no such file or directory`)
  const directory = realpathSync(kind === 'directory' ? absolute : dirname(absolute))
  const root = kind === 'directory' ? directory : findPackageFolder(directory, outside)
  const readable = createReadable(root, allowRead)
  const checked = (file: string) => {
    if (!readable.allows(file)) throw refused(path, file)
    return file
  }
  const settings = fromWrangler(directory, readable, checked, environment)
  const file =
    kind === 'file'
      ? join(directory, basename(absolute))
      : (toMain(settings) ?? fromPackage(directory, checked) ?? fromIndex(directory, path, settings))
  return { entry: checkExtension(checked(file), path), readable, settings }
}

/** What the nearest wrangler file says, within the app's folder. */
function fromWrangler(
  directory: string,
  readable: Readable,
  checked: (file: string) => string,
  environment: string | undefined,
): SourceSettings | undefined {
  const folder = findFolder(directory, readable.root)
  // one that comes later, or in the place of this one, makes another build
  for (const name of LOOKED_FOR) readable.allows(join(folder ?? directory, name))
  const file = folder === undefined ? undefined : findWrangler(folder)
  return file === undefined ? undefined : openSource(checked(file), environment)
}

function toMain(settings: SourceSettings | undefined): string | undefined {
  if (settings?.main === undefined || kindOf(settings.main) === 'file') return settings?.main
  const next =
    settings.command === undefined ? 'is it built by another tool?' : `--run-build runs: ${settings.command}`
  throw new NanoError('BUILD_FAILED', `${settings.main}: "main" of the wrangler file is no file; ${next}`)
}

function refused(path: string, file: string): NanoError {
  return new NanoError('BUILD_FAILED', `${path}: ${basename(file)}, or where it leads, ${OUTSIDE}`)
}

function checkExtension(file: string, given: string): string {
  if (EXTENSIONS.includes(extname(file)) && !DECLARATION.test(file)) return realpathSync(file)
  throw new NanoError(
    'BUILD_FAILED',
    `${given}: not a source file that can be built; expected one of ${EXTENSIONS.join(' ')}`,
  )
}

/** What package.json names as the package's code, if that exists. `checked` refuses what may not be read. */
function fromPackage(directory: string, checked: (file: string) => string): string | undefined {
  const file = join(directory, 'package.json')
  if (kindOf(file) !== 'file') return undefined
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(checked(file), 'utf8'))
  } catch (cause) {
    if (cause instanceof NanoError) throw cause
    throw new NanoError('BUILD_FAILED', `${file}: ${(cause as Error).message}`, { cause })
  }
  const { module, main } = (manifest ?? {}) as Record<string, unknown>
  for (const name of [module, main]) {
    if (typeof name === 'string' && kindOf(join(directory, name)) === 'file') return join(directory, name)
  }
  return undefined
}

function fromIndex(directory: string, given: string, settings: SourceSettings | undefined): string {
  const names = EXTENSIONS.map((extension) => `index${extension}`)
  const found = names.find((name) => kindOf(join(directory, name)) === 'file')
  if (found !== undefined) return join(directory, found)
  const wanted = `${names.join(', ')} or "main" in package.json`
  const next =
    settings === undefined
      ? `expected ${wanted}`
      : `expected "main" in its wrangler file, or the file to be named; else ${wanted}`
  throw new NanoError('BUILD_FAILED', `${given}: no entry file in this directory; ${next}`)
}

function kindOf(path: string): 'file' | 'directory' | 'none' {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return 'directory'
  return stats?.isFile() ? 'file' : 'none'
}
