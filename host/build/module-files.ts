/**
 * The modules that an app imports by a name without installing them: `cloudflare:*` and those of Node.js. They are files of
 * NANO's own (guest-modules/), or else of the package unenv, and a bundle has those that it uses. The packages that they
 * are made of are the only files beside the app's that a build reads.
 */
import { existsSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contains, toReal, upwards } from './app-root.ts'
import { findPackageRoot } from './package-files.ts'

const FOLDER = 'guest-modules'
const CLOUDFLARE = 'cloudflare:'
const NODE = 'node:'
const UNENV = 'unenv'
/** Packages that the modules import. */
const PACKAGES = [UNENV, 'readable-stream', 'string_decoder', 'events', '@noble/ciphers', '@noble/hashes']
const BUILTINS = new Set(builtinModules)

/** Whether Node.js has a module of this name, with its prefix or without. */
export function isNodeModule(name: string): boolean {
  return name.startsWith(NODE) || BUILTINS.has(name)
}

/** Finds the files behind names. */
export class ModuleFiles {
  readonly #own = join(findPackageRoot(), FOLDER)
  readonly #folders = [toReal(this.#own) ?? this.#own, ...findPackages()]
  readonly #unenv = dirname(fileURLToPath(import.meta.resolve(`${UNENV}/package.json`)))

  /** The module's file, or undefined when there is no such module. */
  find(name: string): string | undefined {
    if (name.startsWith(CLOUDFLARE)) return this.#findOwn('cloudflare', name.slice(CLOUDFLARE.length))
    if (!isNodeModule(name)) return undefined
    const bare = name.replace(NODE, '')
    if (!/^[\w/]+$/.test(bare)) return undefined
    const file = join(this.#unenv, 'dist/runtime/node', `${bare}.mjs`)
    return this.#findOwn('node', bare) ?? (existsSync(file) ? file : undefined)
  }

  /** The module that puts a global in place that Node.js has and Workers do not. */
  findGlobal(name: 'Buffer' | 'process'): string {
    return join(this.#own, 'node', `${name.toLowerCase()}.ts`)
  }

  /** What the build makes async functions with, to keep a context. */
  get asyncFunction(): string {
    return join(this.#own, 'async-function.ts')
  }

  /** The file of NANO's own that is meant by a path. */
  findByPath(path: string, importer = ''): string | undefined {
    const file = resolve(dirname(importer), path)
    const isMeant = path.startsWith('/') || contains(this.#own, importer)
    return isMeant && contains(this.#own, file) ? file : undefined
  }

  /** What of `cloudflare:workers` makes an app one with a context, which only those have who use it. */
  get withEnv(): string {
    return join(this.#own, 'cloudflare/workers/with-env.ts')
  }

  /** What the build makes regular expressions with that it rewrites. */
  get expression(): string {
    return join(this.#own, 'expression.ts')
  }

  /** The file in which unenv says that something is not there. */
  get refusals(): string {
    return join(this.#unenv, 'dist/runtime/_internal/utils.mjs')
  }

  /** Whether it is a file of these modules, or of the packages that they import. */
  has(file: string): boolean {
    const real = toReal(file)
    return real !== undefined && this.#folders.some((folder) => contains(folder, real))
  }

  /** What a file of these modules is imported by. */
  toName(file: string): string {
    const [, kind, name] = /\/(cloudflare|node)\/([\w/]+)\.m?[jt]s$/.exec(file) ?? []
    return `${kind}:${name}`
  }

  #findOwn(kind: string, name: string): string | undefined {
    const file = join(this.#own, kind, `${name}.ts`)
    return contains(this.#own, file) && existsSync(file) ? file : undefined
  }
}

/** The folders of the packages and of what they depend on. */
function findPackages(): string[] {
  const found = new Set<string>()
  const add = (name: string, from: string) => {
    const folder = upwards(from)
      .map((above) => toReal(join(above, 'node_modules', name)))
      .find((path) => path !== undefined)
    if (folder === undefined || found.has(folder)) return
    found.add(folder)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    for (const dependency of Object.keys(manifest.dependencies ?? {})) add(dependency, folder)
  }
  for (const name of PACKAGES) add(name, findPackageRoot())
  return [...found]
}
