/**
 * StarlingMonkey, the engine of componentize-js: SpiderMonkey in WebAssembly. Of a component only its main module is run;
 * the host gives it all that it imports (`core-hooks.ts`), and guest and host talk by the codecs of the engine's world
 * (`worlds.ts`).
 */
import type { Bindings, CompiledEngine, Engine, Guest, System } from '../guest.ts'
import { findWorld, type CoreGuest, type World } from '../worlds.ts'
import { CoreHooks } from './core-hooks.ts'

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
    makeGuest: (memory, bindings, system) => makeGuest({ module, hooks, world }, memory, bindings, system),
  }
}

function makeGuest(
  {
    module,
    hooks,
    world,
  }: { readonly module: WebAssembly.Module; readonly hooks: CoreHooks; readonly world: World },
  memory: WebAssembly.Memory,
  bindings: Bindings,
  system: System,
): Guest {
  let guest: CoreGuest | undefined
  const realloc: CoreGuest['cabi_realloc'] = (...args) => guest!.cabi_realloc(...args)
  const host = { ...system, world: world.lift(bindings, memory, realloc), realloc }
  const { exports } = new WebAssembly.Instance(module, hooks.toImports(memory, host))
  guest = exports as unknown as CoreGuest
  return { turn: world.lower(guest, memory), isFull: (room) => room <= FULL_BYTES }
}
