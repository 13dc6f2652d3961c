/**
 * Engines on disk. One directory per skeleton and generator holds everything that `build-engine.ts` made of a
 * component; opening it compiles the modules, once for the whole process.
 *
 *     <cache>/engines/<hash>-<generator>/   engine.json  engine.mjs  *.wasm
 *
 * The glue in it is code that the host runs: a cache that others can write to is not used.
 */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { witText } from '../../wit/text.ts'
import { NanoError } from '../errors.ts'
import type { Engine } from './instantiate.ts'

export const MANIFEST_FILE = 'engine.json'
export const GLUE_FILE = 'engine.mjs'

/** Bits of a file's mode: group and others may write. */
const OTHERS_WRITE = 0o022
const ROOT = 0

const ADVICE = 'Build the app again with this version of NANO.'

/** What is in an engine's directory. */
export interface EngineManifest {
  readonly hash: string
  /** Hash of the world that its calls are laid out for. */
  readonly contract: string
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
export function openEngine(directory: string, counters?: EngineCounters): Engine {
  expectOwn(dirname(directory))
  expectOwn(directory)
  const manifest = JSON.parse(readFileSync(join(directory, MANIFEST_FILE), 'utf8')) as EngineManifest
  const { hash, contract, modules, mainModule } = manifest
  if (contract !== toContract()) {
    throw new NanoError(
      'ENGINE_UNKNOWN',
      `the engine ${hash.slice(0, 12)} was made for another world. ${ADVICE}`,
    )
  }
  if (counters !== undefined) counters.compiles++
  const compiled = modules.map((name) => [name, new WebAssembly.Module(readFileSync(join(directory, name)))])
  return {
    hash,
    gluePath: join(directory, GLUE_FILE),
    modules: Object.fromEntries(compiled) as Engine['modules'],
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

/** Names the world that this version lowers and lifts for. */
export function toContract(): string {
  return createHash('sha256').update(witText()).digest('hex')
}
