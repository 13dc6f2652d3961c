/**
 * The seam for engines: what the host asks of whatever runs JavaScript. Types only. An engine is one implementation of
 * `Engine`, in a folder of its own (`starlingmonkey/`); who makes and enters guests knows nothing else of it.
 *
 *     CompiledEngine  > loadEngine (load.ts), once per thread >  Engine  > makeGuest, once per instance >  Guest
 */
import type { Event, Imports } from '../../wit/worlds.ts'

/** The host's half of the world, by interface. Functions are called without `this`. */
export type Bindings = Imports

/** A compiled engine. Plain data: posting it to a worker shares the compiled code. */
export interface CompiledEngine {
  /** The skeleton's hash. */
  readonly hash: string
  /** The version of the world that its guests speak. */
  readonly world: string
  /** Imports its memory and all that it calls. Undefined: there is no guest to be made (no-engine.ts). */
  readonly module: WebAssembly.Module | undefined
}

/** An engine that guests can be made with. */
export interface Engine {
  readonly hash: string
  /** With less memory an app that does nothing wrong may fall. */
  readonly leastMemoryMb: number
  /** What entering a guest once may take while the engine's code is cold. */
  readonly warmUpMs: number
  /** Makes a guest in a memory that its image was laid into. Throws when the engine cannot be started in it. */
  makeGuest(memory: WebAssembly.Memory, bindings: Bindings, system: System): Guest
}

/** A guest that nobody has entered yet. */
export interface Guest {
  /** Enter it. Whatever it throws, it must not be entered again. */
  readonly turn: (source: number, events: readonly Event[]) => void
  /** Whether it fell for want of memory, once `turn` has thrown. `room`: bytes that its memory could still grow. */
  isFull(room: number): boolean
}

/** The moment of a turn, in nanoseconds. It may stand still while the guest runs. */
export interface EngineClock {
  wallNs(): bigint
  monotonicNs(): bigint
}

/** What an engine gets besides the world. */
export interface System {
  readonly clock: EngineClock
  /** What the engine prints, such as an assertion that failed. Not the app's log. */
  readonly stderr: (text: string) => void
  /** The shard's words of wasm/epoch.ts. */
  readonly epoch: WebAssembly.Memory
}
