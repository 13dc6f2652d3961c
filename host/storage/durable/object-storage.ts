/**
 * The storage of a Durable Object as one instance of it has it, on its shard.
 *
 *     clean  --an operation writes-->  dirty  --turnEnded-->  committing: the gate is closed  --stored-->  clean
 *     dirty  --the turn falls, `end`-->  over: what was not committed is gone
 *     any    --lost-->  over: the gate is dropped, and `onLost` is told
 *
 * What a turn wrote is one transaction, committed when the turn is over; while a transaction of the object's own is open
 * (`begin`), when that is. Further turns do not wait for the disk: what they send does.
 *
 * An alarm that is earlier than what is known of it is in the index (storage/alarms) before its turn is committed, one that is later or
 * gone is told after that.
 */

import type { StorageError } from '../failure.ts'
import type { FromLane, ObjectName, ToLane } from './lane-protocol.ts'
import { fromMessage, toMessage } from './message.ts'
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

/** Tells the index of alarms; resolves when that is on the disk. */
export type TellAlarm = (object: ObjectName, time: number | null) => Promise<void>

const NOTHING = toMessage(null)
/** For the alarm, beside what the turn has. */
const READ_MS = 100
/** What may change the alarm. */
const ALARMING: ReadonlySet<Operation> = new Set(['set-alarm', 'delete-all', 'undo'])

export class ObjectStorage {
  /** What leaves the object goes through it. */
  readonly gate = new OutputGate()
  /** The object cannot go on, for what it wrote may be gone. Not called within an operation, which throws then. */
  onLost: ((error: StorageError) => void) | undefined
  /** What the index says of its alarm was changed to this. */
  onAlarm: ((time: number | null) => void) | undefined
  readonly #object: ObjectName
  readonly #lane: LaneCalls
  readonly #tellAlarm: TellAlarm
  /** What the index says, if that is known. */
  #alarm: number | null | undefined
  #isAlarming = false
  /** The index is told of an earlier one. */
  #indexed: Promise<void> | undefined
  /** Commits what waits for that. */
  #commitNow: (() => void) | undefined
  /** Commits that were begun, as one promise. */
  #stored: Promise<void> = Promise.resolve()
  #isDirty = false
  #usedMs = 0
  /** Transactions of its own that are open. */
  #depth = 0
  #ended: Promise<void> | undefined

  constructor(object: ObjectName, lane: LaneCalls, tellAlarm: TellAlarm) {
    this.#object = object
    this.#lane = lane
    this.#tellAlarm = tellAlarm
  }

  /** Something was written that is not committed. */
  get isDirty(): boolean {
    return this.#isDirty
  }

  /** Milliseconds of processor time that the operations of a turn took. Asked once for each. */
  takeUsedMs(): number {
    const usedMs = this.#usedMs
    this.#usedMs = 0
    return usedMs
  }

  /**
   * Within a turn. Throws a `Refused` for what the object is told, and a `StorageError` when it cannot go on: then its turn has to
   * fall. `timeMs`: what all operations of the turn may take.
   */
  perform(operation: Operation, input: Uint8Array, timeMs: number): Uint8Array {
    if (operation === 'begin' && this.#depth === 0) {
      this.turnEnded()
      // a transaction that is open is not committed
      this.#commitNow?.()
    }
    // so it is until the opposite is known
    this.#isDirty = true
    const answer = this.#lane.perform(this.#object, operation, input, Math.max(1, timeMs - this.#usedMs))
    this.#isDirty = answer.isOpen
    this.#usedMs += answer.ms
    if (answer.type === 'refused') throw new Refused(answer.message, answer)
    this.#isAlarming ||= ALARMING.has(operation)
    if (operation === 'begin') this.#depth++
    else if (operation === 'release' || operation === 'undo') this.#depth--
    return answer.bytes
  }

  /** A turn is over, and has not fallen: what it wrote is committed. */
  turnEnded(): void {
    if (!this.#isDirty || this.#depth > 0 || this.#ended !== undefined) return
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
  end(): Promise<void> {
    return (this.#ended ??= this.#close())
  }

  async #close(): Promise<void> {
    const closed = this.#lane.ask({ type: 'close', object: this.#object })
    await Promise.allSettled([this.#stored, closed])
  }

  async #commit(open: () => void): Promise<void> {
    const before = this.#stored
    try {
      const known = this.#alarm
      const alarm = this.#isAlarming ? this.#readAlarm() : known
      this.#isAlarming = false
      this.#alarm = alarm
      const isSooner = typeof alarm === 'number' && (typeof known !== 'number' || alarm < known)
      let posted: Promise<void> | undefined
      const post = (): Promise<void> => (posted ??= this.#lane.ask({ type: 'commit', object: this.#object }))
      if (isSooner) {
        this.#commitNow ??= () => void post()
        this.#indexed = this.#tell(alarm)
      }
      if (this.#indexed !== undefined) {
        await this.#indexed
        this.#indexed = this.#commitNow = undefined
      }
      await post()
      // in the order in which they began
      await before
      if (!isSooner && alarm !== known && alarm !== undefined) await this.#tell(alarm)
      open()
    } catch (error) {
      this.gate.drop()
      if (this.#ended === undefined) this.onLost?.(error as StorageError)
      throw error
    }
  }

  async #tell(time: number | null): Promise<void> {
    await this.#tellAlarm(this.#object, time)
    this.onAlarm?.(time)
  }

  /** What the transaction that is open says. */
  #readAlarm(): number | null {
    const answer = this.#lane.perform(this.#object, 'get-alarm', NOTHING, READ_MS)
    return answer.type === 'performed' ? (fromMessage(answer.bytes).said as number | null) : null
  }
}
