/**
 * What componentize-js makes of the engine and a world, which is the same for every app of them: the engine with the world's
 * bindings before an app's top level has run in it, and the component around it after that. Both take most of a build's
 * processor time, so both are kept (`tool-results.ts`), and componentize-js is loaded only for what is not there yet.
 *
 *     engine, world > splice > SplicedEngine > snapshot-main.ts: the app's top level > the same code, another memory
 *     that code, without memory > WASI taken out > wrapped > a component without memory       + the memory = the app's component
 *
 * The script that it makes of the world for the guest is replaced by ours (`wit/generator/emit-guest.ts`).
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { emitGuest, type EngineImport } from '../../wit/generator/emit-guest.ts'
import { parseWit } from '../../wit/generator/parse.ts'
import { resolveWorld } from '../../wit/generator/resolve.ts'
import { WORLD } from '../../wit/text.ts'
import { withMainModule } from '../component/main-module.ts'
import { findCacheDirectory } from '../engine/cache-directory.ts'
import { readDataSegments, withDataSegments } from '../wasm/data-segments.ts'
import { readMemory, withMemory } from '../wasm/memory.ts'
import { dropSections, encodeModule, parseModule, SECTION, type Section } from '../wasm/sections.ts'
import { findShim, modulesBeside, readVersion } from './package-files.ts'
import { ToolResults } from './tool-results.ts'

/** The engine with a world's bindings. */
export interface SplicedEngine {
  readonly module: Uint8Array<ArrayBuffer>
  /** The script that runs in it before the modules. */
  readonly script: string
  /** What it reads of its environment: the world's functions. */
  readonly variables: Readonly<Record<string, string>>
}

/** What is used of the splicer, whose module is no part of what componentize-js exports. */
interface Splicer {
  readonly spliceBindings: (
    engine: Uint8Array,
    features: readonly string[],
    wit: string,
    witPath: undefined,
    world: string,
    debug: boolean,
  ) => Spliced
  readonly stubWasi: (
    module: Uint8Array,
    features: readonly string[],
    wit: string,
    witPath: undefined,
    world: string,
  ) => Uint8Array
}

interface Spliced {
  readonly wasm: Uint8Array<ArrayBuffer>
  readonly jsBindings: string
  readonly exports: readonly (readonly [name: string, shape: ExportShape])[]
  /** In the engine's order. */
  readonly imports: readonly EngineImport[]
}

/** A function that the engine calls in the app: types of core WebAssembly, and what is a pointer. */
interface ExportShape {
  readonly paramptr: boolean
  readonly params: readonly string[]
  readonly retptr: boolean
  readonly ret?: string
  readonly retsize: number
}

/** A world that is not NANO's. */
export interface OtherWorld {
  readonly name: string
  /** The module that stands for wasi_snapshot_preview1 in it. */
  readonly adapter: Uint8Array
}

const PACKAGE = '@bytecodealliance/componentize-js'
const SPLICER = '../lib/spidermonkey-embedding-splicer.js'
const ENGINE = '../lib/starlingmonkey_embedding.wasm'
/** Without HTTP the engine has none of its own; the app's requests and responses go through the world. */
const FEATURES = ['stdio', 'random', 'clocks']
/** Of another world, whose HTTP is the engine's. */
const FEATURES_OF_OTHERS = [...FEATURES, 'http']
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

const home = import.meta.resolve(PACKAGE)
const enginePath = fileURLToPath(new URL(ENGINE, home))
/** SHA-256 of the engine as it comes. */
export const engineHash = sha256(readFileSync(enginePath))
const cache = findCacheDirectory(modulesBeside(findShim()))
const splices = new ToolResults<SplicedEngine>(cache)
const wraps = new ToolResults<Uint8Array>(cache)

/** The engine for a world, given as text. `other`: it is not NANO's, and its script is the one of the tools. */
export function spliceEngine(wit: string, other?: OtherWorld): Promise<SplicedEngine> {
  const [features, world] = toKind(other)
  return splices.get(['splice', engineHash, features, wit], async () => {
    const { spliceBindings } = await loadSplicer()
    const made = spliceBindings(await readFile(enginePath), features, wit, undefined, world, false)
    const script = other === undefined ? toScript(made, wit) : made.jsBindings
    return { module: made.wasm, script, variables: toVariables(made) }
  })
}

const toKind = (other: OtherWorld | undefined) =>
  other === undefined ? ([FEATURES, WORLD] as const) : ([FEATURES_OF_OTHERS, other.name] as const)

/** The component of what an app's top level made of the engine for a world. */
export async function wrapSnapshot(
  snapshot: Uint8Array,
  wit: string,
  other?: OtherWorld,
): Promise<Uint8Array<ArrayBuffer>> {
  const sections = parseModule(snapshot)
  const code = encodeModule(withMemory(dropSections(sections, SECTION.data, SECTION.dataCount), 0))
  const adapter = other === undefined ? '' : sha256(other.adapter)
  const empty = await wraps.get(['wrap', engineHash, sha256(code), wit, adapter], () =>
    wrap(code, wit, other),
  )
  return withMainModule(empty, (main) => withMemoryOf(main, sections))
}

async function wrap(code: Uint8Array, wit: string, other?: OtherWorld): Promise<Uint8Array> {
  const [features, world] = toKind(other)
  const { stubWasi } = await loadSplicer()
  // brings tools of 20 MB
  const { componentNew, metadataAdd, preview1AdapterReactorPath } = await import('@bytecodealliance/jco')
  const adapter = other?.adapter ?? new Uint8Array(await readFile(preview1AdapterReactorPath()))
  const stubbed = stubWasi(code, features, wit, undefined, world)
  return metadataAdd(await componentNew(stubbed, [['wasi_snapshot_preview1', adapter]]), [
    ['language', [['JavaScript', '']]],
    ['processed-by', [['ComponentizeJS', readVersion(PACKAGE)]]],
  ])
}

async function loadSplicer(): Promise<Splicer> {
  const { splicer } = (await import(new URL(SPLICER, home).href)) as { splicer: Splicer }
  return splicer
}

/** The code of one module with the memory of another, and what that says about itself. */
function withMemoryOf(code: readonly Section[], module: readonly Section[]): Section[] {
  const { max, min } = readMemory(module)
  return withDataSegments(withMemory(code, min, max), readDataSegments(module))
}

function toScript({ jsBindings, imports }: Spliced, wit: string): string {
  const missing = CONTRACT.find((part) => !jsBindings.includes(part))
  if (missing !== undefined) {
    throw new Error(`expected componentize-js to make a script with "${missing}", got one without`)
  }
  return emitGuest(resolveWorld(parseWit(wit, 'world.wit')), imports)
}

/** How the engine is told of the world's functions. */
function toVariables({ exports, imports }: Spliced): Record<string, string> {
  const variables: Record<string, string> = {
    DEBUG: '',
    FEATURE_CLOCKS: '1',
    EXPORT_CNT: String(exports.length),
    IMPORT_CNT: String(imports.length),
  }
  for (const [index, [name, { paramptr, params, retptr, ret, retsize }]] of exports.entries()) {
    variables[`EXPORT${index}_NAME`] = name
    variables[`EXPORT${index}_ARGS`] = (paramptr ? '*' : '') + params.join(',')
    variables[`EXPORT${index}_RET`] = (retptr ? '*' : '') + (ret ?? '')
    variables[`EXPORT${index}_RETSIZE`] = String(retsize)
  }
  for (const [index, [, name, parameters]] of imports.entries()) {
    variables[`IMPORT${index}_NAME`] = name
    variables[`IMPORT${index}_ARGCNT`] = String(parameters)
  }
  return variables
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
