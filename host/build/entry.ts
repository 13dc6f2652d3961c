/** Where an app begins: from the path that a person gave to the one file that the bundler starts from. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { NanoError } from '../errors.ts'

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.js', '.mjs', '.jsx']
const DECLARATION = /\.d\.[cm]?tsx?$/

/** The absolute, real path of an app's entry file. `path`: the file, or a directory with package.json or an index file. */
export function findEntry(path: string): string {
  const absolute = resolve(path)
  const kind = kindOf(absolute)
  if (kind === 'file') return checkExtension(absolute, path)
  if (kind === 'directory') return checkExtension(fromPackage(absolute) ?? fromIndex(absolute, path), path)
  throw new NanoError('BUILD_FAILED', `${path}: there is no such file or directory`)
}

function checkExtension(file: string, given: string): string {
  if (EXTENSIONS.includes(extname(file)) && !DECLARATION.test(file)) return realpathSync(file)
  throw new NanoError(
    'BUILD_FAILED',
    `${given}: not a source file that can be built; wanted is one of ${EXTENSIONS.join(' ')}`,
  )
}

/** What package.json names as the package's code, if that exists. */
function fromPackage(directory: string): string | undefined {
  const file = join(directory, 'package.json')
  if (kindOf(file) !== 'file') return undefined
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new NanoError('BUILD_FAILED', `${file}: ${(cause as Error).message}`, { cause })
  }
  const { module, main } = (manifest ?? {}) as Record<string, unknown>
  for (const name of [module, main]) {
    if (typeof name === 'string' && kindOf(join(directory, name)) === 'file') return join(directory, name)
  }
  return undefined
}

function fromIndex(directory: string, given: string): string {
  const names = EXTENSIONS.map((extension) => `index${extension}`)
  const found = names.find((name) => kindOf(join(directory, name)) === 'file')
  if (found !== undefined) return join(directory, found)
  throw new NanoError(
    'BUILD_FAILED',
    `${given}: no entry file in this directory; wanted is ${names.join(', ')} or "main" in package.json`,
  )
}

function kindOf(path: string): 'file' | 'directory' | 'none' {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return 'directory'
  return stats?.isFile() ? 'file' : 'none'
}
