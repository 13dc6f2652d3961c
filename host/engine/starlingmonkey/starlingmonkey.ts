/**
 * StarlingMonkey, the engine of componentize-js: SpiderMonkey in WebAssembly. Of a component only its main module is run;
 * the host gives it all that it imports (`core-hooks.ts`), and guest and host talk by the codecs of the engine's world
 * (`worlds.ts`).
 */
import { GLOBAL_EXPORT } from '../../wasm/globals.ts'
import type { Bindings, Blank, CompiledEngine, Engine, Guest } from '../guest.ts'
import { Spares } from '../spares.ts'
import { findWorld, type CoreGuest, type World } from '../worlds.ts'
import { CoreHooks, type Occupant } from './core-hooks.ts'

/** With less the collector can trap on garbage alone. */
const LEAST_MEMORY_MB = 128
/** A memory with less room than this is full: the engine asks for more at a time. */
const FULL_BYTES = 2 * 1024 * 1024
/** Some ten times what a first turn takes while V8 compiles it. */
const WARM_UP_MS = 1000

export function loadStarlingMonkey(compiled: CompiledEngine, module: WebAssembly.Module): Engine {
  const world = findWorld(compiled.world)
  if (world === undefined)
    throw new Error(`engine ${compiled.hash} is of world ${compiled.world}, which is not served`)
  const hooks = new CoreHooks(WebAssembly.Module.imports(module))
  return {
    hash: compiled.hash,
    leastMemoryMb: LEAST_MEMORY_MB,
    warmUpMs: WARM_UP_MS,
    spares: new Spares((memory, epoch) => makeBlank({ module, hooks, world }, memory, epoch)),
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

interface Parts {
  readonly module: WebAssembly.Module
  readonly hooks: CoreHooks
  readonly world: World
}

function makeBlank(
  { module, hooks, world }: Parts,
  memory: WebAssembly.Memory,
  epoch: WebAssembly.Memory,
): Blank {
  let core: CoreGuest | undefined
  const realloc: CoreGuest['cabi_realloc'] = (...args) => core!.cabi_realloc(...args)
  const occupant: Occupant = { system: undefined }
  /** None while it is empty: a call ends the guest. */
  const bindings: Partial<Mutable<Bindings>> = {}
  const lifted = world.lift(bindings as Bindings, memory, realloc)
  const host = { occupant, epoch, world: lifted, realloc }
  const { exports } = new WebAssembly.Instance(module, hooks.toImports(memory, host))
  core = exports as unknown as CoreGuest
  const globals = Object.entries(exports)
    .filter(([name]) => name.startsWith(GLOBAL_EXPORT))
    .map(([, global]) => global as WebAssembly.Global)
  const values = globals.map(({ value }) => value)
  const isFull: Guest['isFull'] = (room) => room <= FULL_BYTES
  const turn = world.lower(core, memory)
  return {
    memory,
    admit(guestBindings, system) {
      Object.assign(bindings, guestBindings)
      occupant.system = system
      return { turn, isFull }
    },
    clear() {
      for (const name of Object.keys(bindings) as (keyof Bindings)[]) delete bindings[name]
      occupant.system = undefined
      for (const [index, global] of globals.entries()) global.value = values[index]!
    },
  }
}
