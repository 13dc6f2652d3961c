/**
 * A guest: an engine with an image in a memory of its own. Nothing of the app has run in it but its start; turn.ts alone
 * enters it from there on.
 */
import type { GuestEvent } from '../bindings/binding.ts'
import type { Bindings, Guest as EngineGuest } from '../engine/guest.ts'
import type { ErrorCode } from '../errors.ts'
import { layInto } from '../image/image.ts'
import type { Epoch } from '../limits/epoch.ts'
import { PAGES_PER_MB } from '../wasm/memory.ts'
import type { TurnClock } from './clock.ts'
import type { InstanceParts } from './contract.ts'
import { toTrapCode } from './trap-code.ts'

/** The most of what an engine prints in one turn that is kept. */
const PRINTED_LENGTH = 8192

/** What making an instance may take: the app has no part in it. */
const START_MS = 10_000

const BYTES_PER_MB = 1024 * 1024

/** What a guest may reach. */
export interface GuestServices {
  readonly imports: Bindings
  readonly clock: TurnClock
  readonly epoch: Epoch
}

/** One guest. */
export class Guest {
  readonly #guest: EngineGuest
  readonly #memory: WebAssembly.Memory
  readonly #maxMemory: number
  #printed = ''

  /** Throws when the engine cannot be started. */
  constructor(parts: InstanceParts, { imports, clock, epoch }: GuestServices) {
    const { memoryMb } = parts.limits
    this.#maxMemory = memoryMb * BYTES_PER_MB
    this.#memory = new WebAssembly.Memory({
      initial: parts.image.pages,
      maximum: memoryMb * PAGES_PER_MB,
    })
    layInto(parts.image, this.#memory)
    const stderr = (text: string): void => this.#print(text)
    const system = { clock, epoch: epoch.memory, stderr }
    epoch.begin(START_MS)
    try {
      this.#guest = parts.engine.makeGuest(this.#memory, imports, system)
    } finally {
      epoch.end()
    }
  }

  /** One turn. Only `Instance` calls it. */
  turn(source: number, events: readonly GuestEvent[]): void {
    this.#guest.turn(source, events)
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** Which fault ended a turn. */
  toTrapCode(trap: unknown, isLate: boolean): ErrorCode {
    return toTrapCode(trap, isLate, this.#guest.isFull(this.#maxMemory - this.memoryBytes))
  }

  /** What the engine printed since this was asked last. */
  takePrinted(): string {
    const text = this.#printed
    if (text !== '') this.#printed = ''
    return text
  }

  #print(text: string): void {
    if (this.#printed.length < PRINTED_LENGTH) this.#printed += text
  }
}
