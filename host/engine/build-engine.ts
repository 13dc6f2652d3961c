/**
 * A component that NANO built to an engine on disk: its main module, without the data of an app, which gets its memory and
 * its deadline from the host. What else is in a component, adapters between the module and the world, is not needed: the
 * host gives the module all that it imports (starlingmonkey/core-hooks.ts).
 *
 * What is written here all tenants run on. So nothing but a component of NANO's own build may come here, never a file that
 * somebody brought: what such a file has in common with an engine is its skeleton's hash, and that is all that is taken
 * from it.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readComponent } from '../component/read.ts'
import { splitComponent } from '../component/skeleton.ts'
import { NanoError } from '../errors.ts'
import { stripData } from '../wasm/data-segments.ts'
import { addEpochChecks } from '../wasm/epoch.ts'
import { readImports } from '../wasm/imports.ts'
import { importMemory } from '../wasm/memory.ts'
import { callByName } from '../wasm/call-by-name.ts'
import { encodeModule, type Section } from '../wasm/sections.ts'
import { exportState } from '../wasm/state.ts'
import { MANIFEST_FILE, MODULE_FILE, toFileHash, type EngineCounters, type EngineManifest } from './engine.ts'
import { leanInterpreter } from './starlingmonkey/lean-interpreter.ts'
import { findWorld, WORLD_VERSIONS } from './worlds.ts'

/** Changes with whatever changes what is generated. */
const GENERATOR = 12
/** How an engine's main module names what it imports of the world. */
const WORLD_IMPORT = /^nano:workers\/[a-z0-9-]+@(.+)$/

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
  if (counters !== undefined) counters.generates++
  await writeEngine(directory, skeletonHash, readComponent(component).mainSections)
  return directory
}

/** Writes beside and moves into place: whoever sees the directory sees all of it. */
async function writeEngine(directory: string, hash: string, main: readonly Section[]): Promise<void> {
  const { version: world, structure } = readWorld(main)
  const module = editMain(main)
  const manifest: EngineManifest = { hash, world, structure, module: toFileHash(module) }
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 })
  const temporary = await mkdtemp(`${directory}.`)
  try {
    await writeFile(join(temporary, MODULE_FILE), module)
    await writeFile(join(temporary, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`)
    await rename(temporary, directory)
  } catch (error) {
    // another process was faster: what it wrote is the same
    if (!existsSync(join(directory, MANIFEST_FILE))) throw error
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** The main module without an app in it, its memory left to the host, to be used again, stopped by the host's clock, without a table. */
function editMain(module: readonly Section[]): Uint8Array<ArrayBuffer> {
  const lean = stripData(leanInterpreter(module))
  return encodeModule(callByName(addEpochChecks(importMemory(exportState(lean)))))
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
