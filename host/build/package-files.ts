/** Files of NANO's own package and of its toolchain, wherever the package is installed. */
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAME = 'nano-workers'
const WIT_PACKAGE = /^package [^;]+;\n/

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

/** A file beside this one, whether as source or compiled. */
export function findSibling(name: string): string {
  return join(import.meta.dirname, name + extname(import.meta.filename))
}

/** The world as one text: the package line once, then every interface. */
export function readWit(): string {
  const directory = join(findPackageRoot(), 'wit')
  const texts = readdirSync(directory)
    .filter((name) => name.endsWith('.wit'))
    .sort()
    .map((name) => readFileSync(join(directory, name), 'utf8'))
  const [header] = WIT_PACKAGE.exec(texts[0] ?? '') ?? []
  return [header, ...texts.map((text) => text.replace(WIT_PACKAGE, ''))].join('')
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

function readManifest(file: string): { name?: string; version?: string } {
  return JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }
}
