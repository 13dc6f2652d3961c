/**
 * componentize-js, once it is needed: it brings 20 MB of tools that a host which only serves has no use for.
 *
 * It puts the world's bindings into the engine anew for every app, and takes WASI out of what comes out of the snapshot.
 * Both take most of a build's processor time, and both are the same for all apps of one world but for the app's memory,
 * which the second passes on as it is. So both are kept (`tool-results.ts`), the second without memory.
 *
 * The script that it makes of the world for the guest is replaced by ours (`wit/generator/emit-guest.ts`). Whatever else
 * componentize-js does is as it was.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { componentize as componentizeAny } from '@bytecodealliance/componentize-js'
import { emitGuest, type EngineImport } from '../../wit/generator/emit-guest.ts'
import { parseWit } from '../../wit/generator/parse.ts'
import { resolveWorld } from '../../wit/generator/resolve.ts'
import { findCacheDirectory } from '../engine/cache-directory.ts'
import { readDataSegments, withDataSegments } from '../wasm/data-segments.ts'
import { readMemory, withMemory } from '../wasm/memory.ts'
import { dropSections, encodeModule, parseModule, SECTION, type Section } from '../wasm/sections.ts'
import { findShim, modulesBeside } from './package-files.ts'
import { ToolResults } from './tool-results.ts'

/** What is used of it. Its own types know neither `sourceName` nor `witWorld`, and demand a file. */
type Componentize = (
  source: string,
  options: {
    readonly sourceName: string
    readonly witWorld: string
    readonly worldName: string
    readonly wizerBin: string
    readonly disableFeatures: readonly string[]
    readonly engine: string
    /** Stands for wasi_snapshot_preview1; the tools' own unless it is given. */
    readonly preview2Adapter?: string
  },
) => Promise<{ component: Uint8Array }>

/** What is used of the splicer, whose module is no part of what componentize-js exports. */
interface Splicer {
  spliceBindings: (engine: Uint8Array, features: string[], wit: string, ...rest: unknown[]) => Spliced
  stubWasi: (module: Uint8Array, ...rest: unknown[]) => Uint8Array
}

interface Spliced {
  /** The script that runs in the engine before the modules. */
  readonly jsBindings: string
  /** In the engine's order. */
  readonly imports: readonly EngineImport[]
}

/** What componentize-js' own script is given and gives, as far as ours relies on it. */
const CONTRACT = [
  'let { TextEncoder, TextDecoder } = contentGlobal;',
  'let [$memory, $realloc, $dealloc',
  '] = $bindings;\ndelete globalThis.$bindings;',
  'async function export_turn(arg0, arg1, arg2) {',
  "defineBuiltinModule('nano:workers/",
  'function bindExports(sourceName) {',
  'turn = $source_mod.turn;',
]

const OWN = /^package nano:workers@/
const SPLICER = '../lib/spidermonkey-embedding-splicer.js'
const ENGINE = '../lib/starlingmonkey_embedding.wasm'

export const componentize = componentizeAny as unknown as Componentize

const home = import.meta.resolve('@bytecodealliance/componentize-js')

/** The engine's file, and its SHA-256. */
export const enginePath = fileURLToPath(new URL(ENGINE, home))
export const engineHash = sha256(readFileSync(enginePath))

const { splicer } = (await import(new URL(SPLICER, home).href)) as { splicer: Splicer }
const cache = findCacheDirectory(modulesBeside(findShim()))
keepSplices(splicer, new ToolResults(cache))
keepStubs(splicer, new ToolResults(cache))

function keepSplices(tools: Splicer, kept: ToolResults<Spliced>): void {
  const splice = tools.spliceBindings
  tools.spliceBindings = (engine, features, wit, ...rest) =>
    withOwnScript(
      kept.get(['splice', engineHash, features, wit, rest], () => splice(engine, features, wit, ...rest)),
      wit,
    )
}

function keepStubs(tools: Splicer, kept: ToolResults<Uint8Array>): void {
  const stub = tools.stubWasi
  tools.stubWasi = (module, ...rest) => {
    const sections = parseModule(module)
    const code = encodeModule(withMemory(dropSections(sections, SECTION.data, SECTION.dataCount), 0))
    const stubbed = kept.get(['stub', engineHash, sha256(code), rest], () => stub(code, ...rest))
    return encodeModule(withMemoryOf(parseModule(stubbed), sections))
  }
}

/** The code of one module with the memory of another, and what that says about itself. */
function withMemoryOf(code: readonly Section[], module: readonly Section[]): Section[] {
  const { max, min } = readMemory(module)
  return withDataSegments(withMemory(code, min, max), readDataSegments(module))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Of another world than NANO's the script is componentize-js' own. */
function withOwnScript(spliced: Spliced, wit: string): Spliced {
  if (!OWN.test(wit)) return spliced
  const missing = CONTRACT.find((part) => !spliced.jsBindings.includes(part))
  if (missing !== undefined) {
    throw new Error(`expected componentize-js to make a script with "${missing}", got one without`)
  }
  return { ...spliced, jsBindings: emitGuest(resolveWorld(parseWit(wit, 'world.wit')), spliced.imports) }
}
