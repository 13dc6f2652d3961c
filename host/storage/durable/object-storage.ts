/**
 * The storage of a Durable Object as one instance of it has it, on its shard.
 *
 *     clean  --an operation writes-->  dirty  --turnEnded-->  committing: the gate is closed  --stored-->  clean
 *     dirty  --the turn falls, `end`-->  over: what was not committed is gone
 *     any    --lost-->  over: the gate is dropped, and `onLost` is told
 *
 * What a turn wrote is one transaction, committed when the turn is over; while a transaction of the object's own is open
 * (`begin`), when that is. Further turns do not wait for the disk: what they send does.
 */

import type { StorageError } from '../failure.ts'
import type { FromLane, ObjectName, ToLane } from './lane-protocol.ts'
import { Refused, type Operation } from './operation.ts'
import { OutputGate } from './output-gate.ts'

/** The calls of a lane. */
export interface LaneCalls {
  /** Rejects with a `StorageError` when the object is lost. */
  ask(message: Omit<Extract<ToLane, { type: 'open' | 'commit' | 'close' }>, 'call'>): Promise<void>
  /** Throws the same. */
  perform(
    object: ObjectName,
    operation: Operation,
    input: Uint8Array,
    timeMs: number,
  ): Extract<FromLane, { type: 'performed' | 'refused' }>
}

export class ObjectStorage {
  /** What leaves the object goes through it. */
  readonly gate = new OutputGate()
  /** The object cannot go on, for what it wrote may be gone. Not called within an operation, which throws then. */
  onLost: ((error: StorageError) => void) | undefined
  readonly #object: ObjectName
  readonly #lane: LaneCalls
  /** Commits that were begun, as one promise. */
  #stored: Promise<void> = Promise.resolve()
  #isDirty = false
  /** Transactions of its own that are open. */
  #depth = 0
  #isOver = false

  constructor(object: ObjectName, lane: LaneCalls) {
    this.#object = object
    this.#lane = lane
  }

  /** Something was written that is not committed. */
  get isDirty(): boolean {
    return this.#isDirty
  }

  /**
   * Within a turn. Throws a `Refused` for what the object is told, and a `StorageError` when it cannot go on: then its turn has to
   * fall. `timeMs`: how long it may take.
   */
  perform(operation: Operation, input: Uint8Array, timeMs: number): Uint8Array {
    if (operation === 'begin' && this.#depth === 0) this.turnEnded()
    // so it is until the opposite is known
    this.#isDirty = true
    const answer = this.#lane.perform(this.#object, operation, input, timeMs)
    this.#isDirty = answer.isOpen
    if (answer.type === 'refused') throw new Refused(answer.message, answer)
    if (operation === 'begin') this.#depth++
    else if (operation === 'release' || operation === 'undo') this.#depth--
    return answer.bytes
  }

  /** A turn is over, and has not fallen: what it wrote is committed. */
  turnEnded(): void {
    if (!this.#isDirty || this.#depth > 0 || this.#isOver) return
    this.#isDirty = false
    this.#stored = this.#commit(this.gate.close())
    // who waits for it is told; `onLost` tells the others
    this.#stored.catch(() => undefined)
  }

  /** Resolves when everything that was committed so far is on the disk; rejects when some of it is lost. */
  stored(): Promise<void> {
    return this.#stored
  }

  /** The instance is over. Resolves when what it has committed is on the disk and its file is free. */
  async end(): Promise<void> {
    this.#isOver = true
    const closed = this.#lane.ask({ type: 'close', object: this.#object })
    await Promise.allSettled([this.#stored, closed])
  }

  async #commit(open: () => void): Promise<void> {
    try {
      await this.#lane.ask({ type: 'commit', object: this.#object })
      open()
    } catch (error) {
      this.gate.drop()
      if (!this.#isOver) this.onLost?.(error as StorageError)
      throw error
    }
  }
}
