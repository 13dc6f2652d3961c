/**
 * A component that NANO built to an engine on disk: jco generates the glue, and the main module loses its data and
 * gets its memory and its deadline from the host.
 *
 * A code generator pastes names from the component into the code that it makes. So nothing but a component of NANO's
 * own build may come here, never a file that somebody brought: what such a file has in common with an engine is its
 * skeleton's hash, and that is all that is taken from it.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { splitComponent } from '../component/skeleton.ts'
import { NanoError } from '../errors.ts'
import { stripData } from '../wasm/data-segments.ts'
import { addEpochChecks } from '../wasm/epoch.ts'
import { readImports } from '../wasm/imports.ts'
import { importMemory } from '../wasm/memory.ts'
import { encodeModule, parseModule, type Section } from '../wasm/sections.ts'
import { GLUE_FILE, MANIFEST_FILE, toFileHash, type EngineCounters, type EngineManifest } from './engine.ts'
import { findWorld, WORLD_VERSIONS } from './worlds.ts'

/** Changes with whatever changes what is generated: this file's edits, and the version of jco. */
const GENERATOR = 'jco-1.35.0-6'
const NAME = 'engine'
/** How an engine's main module names what it imports of the world. */
const WORLD_IMPORT = /^nano:workers\/[a-z0-9-]+@(.+)$/
/** The glue traces every step, and asks the environment each time whether to: a third of a crossing. */
const TRACE =
  /const _debugLog = \(\.\.\.args\) => \{\s*if \(!globalThis\?\.process\?\.env\?\.JCO_DEBUG\) \{ return; \}\s*console\.debug\(\.\.\.args\);\s*\};/g
const NO_TRACE = 'const _debugLog = () => {};'

/** Where the engine with this hash is, or will be, below a cache directory or a release's package. */
export function toEngineDirectory(root: string, hash: string): string {
  return join(root, 'engines', `${hash}-${GENERATOR}`)
}

/** Whether the engine is there. */
export function hasEngine(root: string, hash: string): boolean {
  return existsSync(join(toEngineDirectory(root, hash), MANIFEST_FILE))
}

/** The directory of the engine of a component that NANO built; builds it unless it is there. */
export async function buildEngine(
  component: Uint8Array,
  cache: string,
  counters?: EngineCounters,
): Promise<string> {
  const { skeletonHash } = splitComponent(component)
  const directory = toEngineDirectory(cache, skeletonHash)
  if (hasEngine(cache, skeletonHash)) return directory
  if (counters !== undefined) counters.transpiles++
  // large, and most starts find their engine in the cache
  const { transpile } = await import('@bytecodealliance/jco')
  const { files } = await transpile(component, {
    name: NAME,
    instantiation: 'sync',
    noTypescript: true,
    nodejsCompat: false,
    wasiShim: false,
  })
  await writeEngine(directory, skeletonHash, files)
  return directory
}

/** Writes beside and moves into place: whoever sees the directory sees all of it. */
async function writeEngine(
  directory: string,
  hash: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  const modules = Object.keys(files).filter((name) => name.endsWith('.wasm'))
  const mainModule = modules.reduce((a, b) => (files[b]!.length > files[a]!.length ? b : a))
  const main = parseModule(files[mainModule]!)
  const { version: world, structure } = readWorld(main)
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 })
  const temporary = await mkdtemp(`${directory}.`)
  const contents: Record<string, Uint8Array | string> = {
    [GLUE_FILE]: patchGlue(new TextDecoder().decode(files[`${NAME}.js`])),
    ...Object.fromEntries(modules.map((name) => [name, name === mainModule ? editMain(main) : files[name]!])),
  }
  const hashes = Object.entries(contents).map(([name, content]) => [name, toFileHash(content)])
  const manifest: EngineManifest = {
    hash,
    world,
    structure,
    modules,
    mainModule,
    files: Object.fromEntries(hashes) as EngineManifest['files'],
  }
  const all = { ...contents, [MANIFEST_FILE]: `${JSON.stringify(manifest, undefined, 2)}\n` }
  try {
    await Promise.all(Object.entries(all).map(([name, content]) => writeFile(join(temporary, name), content)))
    await rename(temporary, directory)
  } catch (error) {
    // another process was faster: what it wrote is the same
    if (!existsSync(join(directory, MANIFEST_FILE))) throw error
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** The main module without an app in it, its memory left to the host, and stopped by the host's clock. */
function editMain(module: readonly Section[]): Uint8Array<ArrayBuffer> {
  return encodeModule(addEpochChecks(importMemory(stripData(module))))
}

/** The world that an engine was built for, which its imports name. */
function readWorld(main: readonly Section[]) {
  const versions = new Set(readImports(main).flatMap(({ module }) => WORLD_IMPORT.exec(module)?.[1] ?? []))
  const [version] = versions
  const world = version === undefined || versions.size > 1 ? undefined : findWorld(version)
  if (world !== undefined) return world
  throw new NanoError(
    'ENGINE_UNKNOWN',
    `expected an engine of one world of ${WORLD_VERSIONS.join(', ')}, got ${[...versions].join(', ') || 'none'}`,
  )
}

/** The glue without its tracing. */
export function patchGlue(glue: string): string {
  const found = glue.match(TRACE)?.length ?? 0
  if (found !== 1) {
    throw new NanoError('INTERNAL', `expected one trace function in jco's glue, found ${found}`)
  }
  return glue.replace(TRACE, NO_TRACE)
}
