/**
 * Engines on disk. One directory per skeleton and generator holds everything that `build-engine.ts` made of a
 * component; opening it compiles the modules, once for the whole process.
 *
 *     <cache>/engines/<hash>-<generator>/   engine.json  engine.mjs  *.wasm
 *
 * The glue in it is code that the host runs: a cache that others can write to is not used.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NanoError } from '../errors.ts'
import type { CompiledEngine } from './guest.ts'
import { findWorld, WORLD_VERSIONS, type World } from './worlds.ts'

export const MANIFEST_FILE = 'engine.json'
export const GLUE_FILE = 'engine.mjs'

/** Bits of a file's mode: group and others may write. */
const OTHERS_WRITE = 0o022
const ROOT = 0

const ADVICE = 'Build the app again with this version of NANO.'

/** Manifests used to name the hash of the world's text, and this is the only one that there was. */
const FIRST_CONTRACT = 'ef05d391034f365a27afdd2555558aea01a60ad9138a64933a55c6505233640a'
const FIRST_WORLD = '0.1.0'

/** What is in an engine's directory. */
export interface EngineManifest {
  readonly hash: string
  /** The version of the world that its calls are laid out for, and how it lays them out. */
  readonly world: string
  readonly structure: string
  /** Core modules as the glue and the files name them. */
  readonly modules: readonly string[]
  readonly mainModule: string
}

/** How often the costly steps were taken; tests hold that it is once per engine. */
export interface EngineCounters {
  transpiles: number
  compiles: number
}

/** Opens the engine in `directory`. Its modules are compiled lazily, function by function, when first called. */
export function openEngine(directory: string, counters?: EngineCounters): CompiledEngine {
  expectOwn(dirname(directory))
  expectOwn(directory)
  const manifest = JSON.parse(readFileSync(join(directory, MANIFEST_FILE), 'utf8')) as EngineManifest
  const { hash, modules, mainModule } = manifest
  const world = toWorld(manifest)
  if (world === undefined) {
    throw new NanoError(
      'ENGINE_UNKNOWN',
      `the engine ${hash.slice(0, 12)} was made for another world: expected one of ${WORLD_VERSIONS.join(', ')} ` +
        `as this version of NANO has them, got ${manifest.world}. ${ADVICE}`,
    )
  }
  if (counters !== undefined) counters.compiles++
  const compiled = modules.map((name) => [name, new WebAssembly.Module(readFileSync(join(directory, name)))])
  return {
    hash,
    world: world.version,
    gluePath: join(directory, GLUE_FILE),
    modules: Object.fromEntries(compiled) as CompiledEngine['modules'],
    mainModule,
  }
}

/** Throws for a directory into which somebody else can put code. Not all systems know owners. */
function expectOwn(directory: string): void {
  const own = process.getuid?.()
  const { uid, mode } = statSync(directory)
  if (own === undefined || ((uid === own || uid === ROOT) && (mode & OTHERS_WRITE) === 0)) return
  throw new NanoError(
    'CONFIG_INVALID',
    `${directory} holds code that NANO runs, and others can write to it. ` +
      'Take that right away from them, or choose a NANO_CACHE_DIR that is yours alone.',
  )
}

/** Undefined when this host cannot talk to the engine's guests. */
function toWorld(manifest: EngineManifest & { readonly contract?: string }): World | undefined {
  if (manifest.contract === FIRST_CONTRACT) return findWorld(FIRST_WORLD)
  const world = findWorld(manifest.world)
  return world?.structure === manifest.structure ? world : undefined
}
