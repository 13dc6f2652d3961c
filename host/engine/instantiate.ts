/**
 * An engine and a memory to a live guest. jco's glue does the linking; the hook that it offers for making core
 * instances is where the main module gets its memory and its fast imports (`core-hooks.ts`).
 *
 *     glue.instantiate(modules, WASI + bindings, hook)  >  main: hooked instance, adapters: plain  >  turn
 *
 * Once linked, guest and host talk past the glue (`lower-events.ts`, `lift-imports.ts`).
 */
import { pathToFileURL } from 'node:url'
import type { Event } from '../../wit/types/host/interfaces/nano-workers-events.d.ts'
import { hookImports, type EngineHost } from './core-hooks.ts'
import type { Bindings } from './lift-imports.ts'
import { EventLowering, type CoreGuest } from './lower-events.ts'
import { toWasiImports } from './wasi.ts'

/** A compiled engine. Plain data: posting it to a worker shares the compiled code. */
export interface Engine {
  /** The skeleton's hash. */
  readonly hash: string
  /** The glue's file. */
  readonly gluePath: string
  /** Compiled core modules by the names that the glue asks for. */
  readonly modules: Readonly<Record<string, WebAssembly.Module>>
  /** Which of them is the engine itself, whose memory is imported. */
  readonly mainModule: string
}

/** A module that jco generated, of which NANO generated the component. */
export interface Glue {
  instantiate(
    getCoreModule: (name: string) => WebAssembly.Module,
    imports: Readonly<Record<string, object>>,
    instantiateCore: (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance,
  ): unknown
}

/** A guest that nobody has entered yet. */
export interface Guest {
  /** Enter it. Whatever it throws, it must not be entered again. */
  readonly turn: (source: number, events: readonly Event[]) => void
  readonly memory: WebAssembly.Memory
}

/** Loads the glue of an engine; once per thread, further calls give the same. */
export async function loadGlue(engine: Engine): Promise<Glue> {
  return (await import(pathToFileURL(engine.gluePath).href)) as Glue
}

/** Makes a guest in a memory that its image was laid into. */
export function instantiateEngine(
  engine: Engine,
  glue: Glue,
  memory: WebAssembly.Memory,
  bindings: Bindings,
  host: EngineHost,
): Guest {
  const main = toModule(engine, engine.mainModule)
  let guest: CoreGuest | undefined
  const realloc: CoreGuest['cabi_realloc'] = (...args) => guest!.cabi_realloc(...args)
  glue.instantiate(
    (name) => toModule(engine, name),
    { ...toWasiImports(host.clock), ...bindings },
    (module, imports) => {
      if (module !== main) return new WebAssembly.Instance(module, imports)
      const instance = new WebAssembly.Instance(
        module,
        hookImports(imports, memory, { ...host, bindings, realloc }),
      )
      guest = instance.exports as unknown as CoreGuest
      return instance
    },
  )
  if (guest === undefined) throw new Error(`the glue of engine ${engine.hash} never made its main module`)
  return { turn: new EventLowering(memory, guest).turn, memory }
}

function toModule(engine: Engine, name: string): WebAssembly.Module {
  const module = engine.modules[name]
  if (module === undefined) throw new Error(`engine ${engine.hash} has no module ${name}`)
  return module
}
