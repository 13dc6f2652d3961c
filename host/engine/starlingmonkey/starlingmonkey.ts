/**
 * StarlingMonkey, the engine of componentize-js: SpiderMonkey in WebAssembly, linked by jco's glue. The hook that the glue
 * offers for making core instances is where the main module gets its memory and its fast imports (`core-hooks.ts`).
 *
 *     glue.instantiate(modules, WASI + bindings, hook)  >  main: hooked instance, adapters: plain  >  turn
 *
 * Once linked, guest and host talk past the glue, by the codecs of the engine's world (`worlds.ts`).
 */
import { pathToFileURL } from 'node:url'
import type { Bindings, CompiledEngine, Engine, Guest, System } from '../guest.ts'
import { findWorld, type CoreGuest, type World } from '../worlds.ts'
import { hookImports } from './core-hooks.ts'
import { toWasiImports } from './wasi.ts'

/** With less the collector can trap on garbage alone. */
const LEAST_MEMORY_MB = 128
/** A memory with less room than this is full: the engine asks for more at a time. */
const FULL_BYTES = 2 * 1024 * 1024
/** Some ten times what a first turn takes while V8 compiles it. */
const WARM_UP_MS = 1000

/** A module that jco generated, of which NANO generated the component. */
interface Glue {
  instantiate(
    getCoreModule: (name: string) => WebAssembly.Module,
    imports: Readonly<Record<string, object>>,
    instantiateCore: (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance,
  ): unknown
}

/** Loads the glue; once per thread, further calls give the same. */
export async function loadStarlingMonkey(compiled: CompiledEngine): Promise<Engine> {
  const glue = (await import(pathToFileURL(compiled.gluePath).href)) as Glue
  const world = findWorld(compiled.world)
  if (world === undefined)
    throw new Error(`engine ${compiled.hash} is of world ${compiled.world}, which is not served`)
  return {
    hash: compiled.hash,
    leastMemoryMb: LEAST_MEMORY_MB,
    warmUpMs: WARM_UP_MS,
    makeGuest: (memory, bindings, system) => makeGuest({ compiled, glue, world }, memory, bindings, system),
  }
}

function makeGuest(
  {
    compiled,
    glue,
    world,
  }: { readonly compiled: CompiledEngine; readonly glue: Glue; readonly world: World },
  memory: WebAssembly.Memory,
  bindings: Bindings,
  system: System,
): Guest {
  const main = toModule(compiled, compiled.mainModule)
  let guest: CoreGuest | undefined
  const realloc: CoreGuest['cabi_realloc'] = (...args) => guest!.cabi_realloc(...args)
  const hooks = { ...system, world: world.lift(bindings, memory, realloc), realloc }
  glue.instantiate(
    (name) => toModule(compiled, name),
    { ...toWasiImports(system.clock), ...bindings },
    (module, imports) => {
      if (module !== main) return new WebAssembly.Instance(module, imports)
      const instance = new WebAssembly.Instance(module, hookImports(imports, memory, hooks))
      guest = instance.exports as unknown as CoreGuest
      return instance
    },
  )
  if (guest === undefined) throw new Error(`the glue of engine ${compiled.hash} never made its main module`)
  return { turn: world.lower(guest, memory), isFull: (room) => room <= FULL_BYTES }
}

function toModule(engine: CompiledEngine, name: string): WebAssembly.Module {
  const module = engine.modules[name]
  if (module === undefined) throw new Error(`engine ${engine.hash} has no module ${name}`)
  return module
}
