/** Files of NANO's own package and of its toolchain, wherever the package is installed. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAME = 'nano-workers'
const TOOLS = ['@bytecodealliance/componentize-js', '@bytecodealliance/jco']

/** What is read of a package.json. */
interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The directory of NANO's package.json. */
export function findPackageRoot(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json')
    if (existsSync(manifest) && readManifest(manifest).name === NAME) return directory
    if (directory === dirname(directory)) throw new Error(`no package.json of ${NAME} above this file`)
  }
}

/** The bundle's first module. */
export function findShim(): string {
  return join(findPackageRoot(), 'guest-shim', 'world.ts')
}

/** The `node_modules` beside each package that a file belongs to, the innermost first. */
export function* modulesBeside(near: string): Iterable<string> {
  for (let directory = dirname(near); directory !== dirname(directory); directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) yield join(directory, 'node_modules')
  }
}

/** A file beside this one, whether as source or compiled. */
export function findSibling(name: string): string {
  return join(import.meta.dirname, name + extname(import.meta.filename))
}

/** NANO's package.json. */
export function readOwnManifest(): Manifest {
  return readManifest(join(findPackageRoot(), 'package.json'))
}

/** What a component is made with, each as `name@version`. */
export function listToolchain(): string[] {
  const own = readOwnManifest()
  return [`${NAME}@${own.version ?? '?'}`, ...TOOLS.map((name) => `${name}@${readVersion(name)}`)]
}

/** The pinned version of a package of the toolchain. Does not load it. */
export function readVersion(name: string): string {
  for (let directory = dirname(fileURLToPath(import.meta.resolve(name))); ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json')
    const found = existsSync(manifest) ? readManifest(manifest) : undefined
    if (found?.name === name) return found.version ?? '?'
    if (directory === dirname(directory)) return '?'
  }
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
