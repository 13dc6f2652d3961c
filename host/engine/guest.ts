/**
 * The seam for engines: what the host asks of whatever runs JavaScript. Types only. An engine is one implementation of
 * `Engine`, in a folder of its own (`starlingmonkey/`); who makes and enters guests knows nothing else of it.
 *
 *     CompiledEngine  > loadEngine (load.ts), once per thread >  Engine  > spares.take >  Blank  > admit >  Guest
 */
import type { Event, Imports } from '../../wit/worlds.ts'
import type { Spares } from './spares.ts'

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
  /** Where guests are made, and the engine's memories are used again. */
  readonly spares: Spares
}

/**
 * An instance of the engine and its memory, for one guest after the other. What is in the memory is up to whoever has it.
 *
 *     empty  --admit-->  a guest's  --clear-->  empty
 */
export interface Blank {
  readonly memory: WebAssembly.Memory
  /** The guest whose image lies in the memory. It must not be entered any more once this is cleared. */
  admit(bindings: Bindings, system: System): Guest
  /** All that the engine has outside of the memory is as it was at first, and it can reach nobody's bindings. */
  clear(): void
}

/** Makes one in a memory. */
export type MakeBlank = (memory: WebAssembly.Memory, epoch: WebAssembly.Memory) => Blank

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
}
