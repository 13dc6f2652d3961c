/**
 * Engines on disk. One directory per skeleton and generator holds everything that `build-engine.ts` made of a
 * component; opening it compiles the modules, once for the whole process.
 *
 *     <cache>/engines/<hash>-<generator>/   engine.json  engine.mjs  *.wasm
 *
 * The glue in it is code that the host runs: the cache belongs to the user who runs NANO and to nobody else.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { witText } from '../../wit/text.ts'
import { NanoError } from '../errors.ts'
import type { Engine } from './instantiate.ts'

export const MANIFEST_FILE = 'engine.json'
export const GLUE_FILE = 'engine.mjs'

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

/** Names the world that this version lowers and lifts for. */
export function toContract(): string {
  return createHash('sha256').update(witText()).digest('hex')
}
