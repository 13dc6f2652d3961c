/**
 * componentize-js, once it is needed: it brings 20 MB of tools that a host which only serves has no use for.
 *
 * It puts the world's bindings into the engine anew for every app, and what comes out is the same for all apps of one
 * world, because the shim has the exports, not the app. That takes a good half of a build's processor time, so a process
 * keeps the last result. What the splicer is given decides.
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
  },
) => Promise<{ component: Uint8Array }>

/** What is used of the splicer, whose module is no part of what componentize-js exports. */
interface Splicer {
  spliceBindings: (engine: Uint8Array, features: string[], wit: string, ...rest: unknown[]) => Spliced
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

const SPLICER = '../lib/spidermonkey-embedding-splicer.js'
const ENGINE = '../lib/starlingmonkey_embedding.wasm'

export const componentize = componentizeAny as unknown as Componentize

const home = import.meta.resolve('@bytecodealliance/componentize-js')

/** The engine's file, and its SHA-256. */
export const enginePath = fileURLToPath(new URL(ENGINE, home))
export const engineHash = createHash('sha256').update(readFileSync(enginePath)).digest('hex')

keepLast(((await import(new URL(SPLICER, home).href)) as { splicer: Splicer }).splicer)

function keepLast(splicer: Splicer): void {
  const splice = splicer.spliceBindings
  let kept: { readonly key: string; readonly result: Spliced } | undefined
  splicer.spliceBindings = (engine, features, wit, ...rest) => {
    // a release has one engine
    const key = JSON.stringify([engine.length, features, wit, rest])
    if (kept?.key !== key) kept = { key, result: withOwnScript(splice(engine, features, wit, ...rest), wit) }
    return kept.result
  }
}

function withOwnScript(spliced: Spliced, wit: string): Spliced {
  const missing = CONTRACT.find((part) => !spliced.jsBindings.includes(part))
  if (missing !== undefined) {
    throw new Error(`expected componentize-js to make a script with "${missing}", got one without`)
  }
  return { ...spliced, jsBindings: emitGuest(resolveWorld(parseWit(wit, 'world.wit')), spliced.imports) }
}
