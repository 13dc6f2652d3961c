/**
 * A guest: an engine with an image in a memory of its own. Nothing of the app has run in it but its start; turn.ts alone
 * enters it from there on.
 */
import type { GuestEvent } from '../bindings/binding.ts'
import type { Bindings, Guest as EngineGuest } from '../engine/guest.ts'
import type { Spare, Spares, Wanted } from '../engine/spares.ts'
import { Weight } from '../engine/weight.ts'
import type { ErrorCode } from '../errors.ts'
import type { Epoch } from '../limits/epoch.ts'
import { PAGES_PER_MB } from '../wasm/memory.ts'
import type { TurnClock } from './clock.ts'
import type { InstanceParts } from './contract.ts'
import { toTrapCode } from './trap-code.ts'

/** The most of what an engine prints in one turn that is kept. */
const PRINTED_LENGTH = 8192

const BYTES_PER_MB = 1024 * 1024

/** What a guest may reach. */
export interface GuestServices {
  readonly imports: Bindings
  readonly clock: TurnClock
  readonly epoch: Epoch
}

/** What its memory is to be. */
export function toWanted({ image, limits }: Pick<InstanceParts, 'image' | 'limits'>, epoch: Epoch): Wanted {
  return { image, maximum: limits.memoryMb * PAGES_PER_MB, epoch: epoch.memory }
}

/** One guest. */
export class Guest {
  readonly #spares: Spares
  readonly #maxMemory: number
  /** Undefined: it is over. */
  #spare: Spare | undefined
  readonly #weight: Weight
  readonly #guest: EngineGuest
  #isInside = false
  #printed = ''

  /** Throws when the engine cannot be started. */
  constructor(parts: InstanceParts, { imports, clock, epoch }: GuestServices) {
    const { memoryMb } = parts.limits
    this.#maxMemory = memoryMb * BYTES_PER_MB
    this.#spares = parts.engine.spares
    const spare = this.#spares.take(toWanted(parts, epoch), parts.order)
    this.#spare = spare
    this.#weight = new Weight(spare)
    const stderr = (text: string): void => this.#print(text)
    this.#guest = spare.blank.admit(imports, { clock, stderr })
  }

  /** One turn. Only `Instance` calls it. */
  turn(source: number, events: readonly GuestEvent[]): void {
    if (this.#spare === undefined) throw new Error('the guest is over')
    this.#isInside = true
    this.#guest.turn(source, events)
    this.#isInside = false
  }

  /** It is not entered any more. What it ran in is used again, unless it fell in a turn. */
  end(): void {
    const spare = this.#spare
    this.#spare = undefined
    if (spare === undefined) return
    if (this.#isInside) this.#spares.drop(spare)
    else this.#spares.giveBack(spare)
  }

  /** 0 when it is over. */
  get memoryBytes(): number {
    return this.#spare?.blank.memory.buffer.byteLength ?? 0
  }

  /** What of it is not shared with others, as of the last `weigh`; 0 when it is over. */
  get weightBytes(): number {
    return this.#spare === undefined ? 0 : this.#weight.bytes
  }

  /** It has nothing to do at this moment, in milliseconds. */
  weigh(now: number): void {
    if (this.#spare !== undefined) this.#weight.look(now)
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
