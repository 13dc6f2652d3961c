/**
 * Runs an app's top level in the engine, and writes down the engine as it is then. The same sources give the same bytes: see
 * `preview1.ts`. It is a process of its own, so that an app that goes too far ends alone.
 *
 *     snapshot-main --modules=FOLDER --initializer=NAME [--first=NAME] --main=NAME --engine=HASH [...] --out=OUT IN
 *
 * What the engine reads of the environment is the world's functions (`spliced-engine.ts`). On failure it prints what the app
 * printed, then one line that begins with `FAILURE`, and exits with 1. Either way it writes down what the app's top level asks
 * of `env`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withVersion } from '../../wit/text.ts'
import { PRESENT } from '../../wit/worlds.ts'
import { MAX_COMPONENT_BYTES } from '../component/read.ts'
import type { Bindings } from '../engine/guest.ts'
import type { Realloc } from '../engine/guest-writer.ts'
import { type CoreFunctions, findWorld } from '../engine/worlds.ts'
import { Language } from '../language/language.ts'
import { tuneEngine } from './engine-tuning.ts'
import { freeze, FreezeTimeout, FrozenTooLarge } from './freeze.ts'
import { createPreview1, GuestExit, type Surroundings } from './preview1.ts'
import { ReadCollector } from './read-collector.ts'
import { exposeRejections } from './rejections.ts'
import { FAILURE, FORBIDDEN_IMPORT, TIMED_OUT, TOO_LARGE, UNCAUGHT } from './snapshot-protocol.ts'

/** Runs the app's top level. */
const INITIALISE = 'componentize.wizer'
const LANGUAGE = 'nano:workers/language'
const CONSOLE = 'nano:workers/console'
/** The only variables that the engine reads; others would end up in the snapshot. */
const ENGINE_VARIABLE = /^(?:(?:EXPORT|IMPORT)[\dA-Z_]*|FEATURE_[A-Z]+|DEBUG)$/

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    modules: { type: 'string' },
    initializer: { type: 'string' },
    first: { type: 'string' },
    main: { type: 'string' },
    reads: { type: 'string' },
    engine: { type: 'string', default: '' },
    'async-stacks': { type: 'boolean', default: false },
    now: { type: 'string', default: '0' },
    timeout: { type: 'string', default: '30000' },
    memory: { type: 'string', default: '512' },
  },
})

/** Of what the app prints, the end: a failure is printed last. */
const MAX_PRINTED = 64 * 1024
const printed = createTail()
const collector = new ReadCollector()

try {
  main()
} catch (error) {
  process.stderr.write(`${printed.text()}\n${describe(error)}\n`)
  process.exitCode = 1
} finally {
  if (values.reads !== undefined) writeFileSync(values.reads, JSON.stringify(collector.reads))
}

function main(): void {
  const [input] = positionals
  const { initializer, first, main: mainName, modules, out } = values
  if (!input || !initializer || !mainName || !modules || !out) throw new Error('arguments are missing')
  const variables = Object.entries(process.env).filter(([name]) => ENGINE_VARIABLE.test(name))
  const around: Surroundings = {
    files: new Map(readFiles(modules)),
    stdin: Buffer.from(
      `--initializer-script-path /${initializer} --strip-path-prefix / ${toScripts(mainName, first)}`,
    ),
    environment: { ...Object.fromEntries(variables), SOURCE_NAME: mainName },
    now: Number(values.now),
    write: (bytes) => {
      if (!collector.take(bytes)) printed.write(bytes)
    },
  }
  const frozen = freeze(new Uint8Array(readFileSync(input)), {
    initFunction: INITIALISE,
    imports: (module, exports) => createImports(module, around, exports),
    finish: (memory, exports) => {
      checkState(exports)
      exposeRejections(memory)
      tuneEngine(memory, { engine: values.engine, asyncStacks: values['async-stacks'] })
    },
    timeoutMs: Number(values.timeout),
    memoryBytes: Number(values.memory) * 2 ** 20,
    mostBytes: MAX_COMPONENT_BYTES,
  })
  writeFileSync(out, frozen)
}

/**
 * The engine's arguments for what it runs. It evaluates a module from a file, and after that, when it has one, a text of
 * the command line, before which it reads nothing of what that imports. What it keeps are the exports of the last.
 */
function toScripts(main: string, first: string | undefined): string {
  return first === undefined ? main : `-e "export * from '${main}'" ${first}`
}

/** The engine says whether it has found the world's functions. */
function checkState(exports: WebAssembly.Exports): void {
  const state = (exports['check_init'] as () => number)()
  if (state !== 0) throw new Error(`expected the engine to be ready, got its state ${state}`)
}

/** The files of a folder, as the guest finds them. */
function readFiles(folder: string): [path: string, bytes: Uint8Array][] {
  return readdirSync(folder).map((name) => [`/${name}`, new Uint8Array(readFileSync(join(folder, name)))])
}

/** Keeps the last bytes that are written. */
function createTail() {
  let kept = Buffer.alloc(0)
  return {
    write(bytes: Uint8Array): void {
      kept = Buffer.concat([kept, bytes.subarray(-MAX_PRINTED)]).subarray(-MAX_PRINTED)
    },
    text: () => kept.toString(),
  }
}

/** Every import of the module: WASI from `preview1`, what knows languages, the rest throws. */
function createImports(
  module: WebAssembly.Module,
  around: Surroundings,
  exports: () => WebAssembly.Exports,
): WebAssembly.Imports {
  const memory = () => (exports()['memory'] as WebAssembly.Memory).buffer
  const known: Readonly<Record<string, WebAssembly.ModuleImports>> = {
    wasi_snapshot_preview1: createPreview1(around, memory),
    ...answerLanguage(memory, exports),
    ...endWithReport(memory, around),
  }
  const imports: WebAssembly.Imports = {}
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const room = (imports[from] ??= {})
    room[name] =
      known[from]?.[name] ??
      (() => {
        throw new Error(`${FORBIDDEN_IMPORT} ${from} ${name}`)
      })
  }
  return imports
}

/** The one interface of the world that answers an app's top level: its answers are the same wherever they are given. */
function answerLanguage(
  memory: () => ArrayBuffer,
  exports: () => WebAssembly.Exports,
): Readonly<Record<string, WebAssembly.ModuleImports>> {
  const language = new Language()
  const bindings = {
    [LANGUAGE]: { ask: (...question: Parameters<Language['ask']>) => language.ask(...question) },
  } as unknown as Bindings
  const given = {
    get buffer() {
      return memory()
    },
  } as WebAssembly.Memory
  const realloc: Realloc = (...args) => (exports()['cabi_realloc'] as Realloc)(...args)
  let lifted: CoreFunctions | undefined
  // only when the guest runs is there a memory
  const ask = (...args: number[]): unknown => {
    lifted ??= findWorld(PRESENT)!.lift(bindings, given, realloc)
    return (lifted[LANGUAGE]!['ask'] as (...args: number[]) => unknown)(...args)
  }
  return { [withVersion(LANGUAGE)]: { ask } }
}

/** An error that nobody catches ends the app's top level, whoever would have told of it. */
function endWithReport(
  memory: () => ArrayBuffer,
  { write }: Surroundings,
): Readonly<Record<string, WebAssembly.ModuleImports>> {
  const report = (pointer: number, length: number): never => {
    write(Buffer.from(`${UNCAUGHT}\n${Buffer.from(memory(), pointer, length).toString()}\n`))
    throw new Error(UNCAUGHT)
  }
  return { [withVersion(CONSOLE)]: { report } }
}

function describe(error: unknown): string {
  if (error instanceof FreezeTimeout) return `${FAILURE} ${TIMED_OUT}`
  if (error instanceof FrozenTooLarge) return `${FAILURE} ${TOO_LARGE}`
  if (error instanceof GuestExit) return `${FAILURE} exit ${error.status}`
  const { message } = error as Error
  return `${FAILURE} ${message}`
}
