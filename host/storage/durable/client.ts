/**
 * A shard's end of its lane to the storage of Durable Objects.
 *
 *     closed  --open-->  attached  --the thread is gone-->  closed: objects that are open are lost
 *
 * An operation is answered within the turn: the shard's thread stands still until the bell rings, and no longer than the object may. So
 * nothing can come between a storage call of an object and its answer. What else comes meanwhile waits until the turn is over.
 */

import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'

import type { AlarmCall } from '../alarms/open.ts'
import { askStorage } from '../ask.ts'
import type { Storage } from '../client.ts'
import { StorageError } from '../failure.ts'
import type { FromLane, LaneEnd, ObjectName, ToLane } from './lane-protocol.ts'
import { ObjectStorage, type LaneCalls } from './object-storage.ts'
import { MOST_HELD } from './process-protocol.ts'
import type { Operation } from './operation.ts'

/** The thread ends what takes too long; so much later it is not there itself. */
const GRACE_MS = 250

/** For what is not waited for within a turn: a commit on the disk, a file that is closed. */
const ASK_MS = 10_000
/** For a process that begins, and what all objects of the app take up. */
const OPEN_MS = 30_000
/** For the index of alarms. */
const ALARM_MS = 10_000

const NOTHING = new Uint8Array(0)
const LATE = 'the disk did not take in time what the object wrote; it begins again from what was stored'
const UNREACHABLE = 'the storage of this server does not answer; the object begins again from what was stored'

type Answer = Extract<FromLane, { type: 'performed' | 'refused' }>

export class DurableStorage implements Disposable {
  readonly #storage: Storage
  #lane: LaneClient | undefined

  readonly #askMs: number

  /** `storage`: the shard's way to the threads. `askMs`: what a disk has for what is not waited for within a turn. */
  constructor(storage: Storage, askMs = ASK_MS) {
    this.#storage = storage
    this.#askMs = askMs
  }

  /**
   * `classes`: what the data of all classes of the app is called. Resolves when the object may begin: with what gives its storage to an instance, one after the other. Rejects with a `StorageError`
   * when it cannot be used.
   */
  async open(object: ObjectName, classes: readonly string[]): Promise<() => ObjectStorage> {
    const lane = (this.#lane ??= this.#attach())
    await lane.ask({ type: 'open', object, classes })
    return () => new ObjectStorage(object, lane, this.#tellAlarm)
  }

  [Symbol.dispose](): void {
    this.#lane?.close()
    this.#lane = undefined
  }

  readonly #tellAlarm = async ({ key, id, name }: ObjectName, time: number | null): Promise<void> => {
    const call: AlarmCall = { op: 'set', args: { id, time, name } }
    await askStorage(this.#storage, { kind: 'alarms', key, ...call, body: NOTHING }, ALARM_MS)
  }

  #attach(): LaneClient {
    const { port1, port2 } = new MessageChannel()
    const bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const lane = new LaneClient(port1, bell, this.#askMs)
    const end: LaneEnd = { port: port2, bell }
    const over = (): void => {
      if (this.#lane === lane) this.#lane = undefined
      lane.close()
    }
    const request = { kind: 'durable', key: '', op: 'attach', args: end, body: NOTHING, ports: [port2] }
    this.#storage.call(request, false, { onAnswer: over, onChunk() {}, onWant() {}, onFailed: over })
    return lane
  }
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: StorageError) => void
  readonly timer: NodeJS.Timeout
}

type Without<Message, Key extends keyof Message> = Message extends unknown ? Omit<Message, Key> : never
type Asked = Without<Exclude<ToLane, { type: 'perform' }>, 'call'>

class LaneClient implements LaneCalls {
  readonly #port: MessagePort
  readonly #bell: Int32Array
  readonly #askMs: number
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #isClosed = false

  constructor(port: MessagePort, bell: Int32Array, askMs: number) {
    this.#port = port
    this.#bell = bell
    this.#askMs = askMs
    port.on('message', (message: FromLane) => this.#settle(message))
    // operations keep nothing alive: requests do
    port.unref()
  }

  ask(message: Asked): Promise<void> {
    if (this.#isClosed) return Promise.reject(toLost(UNREACHABLE))
    const call = ++this.#last
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(
      () => this.#settle({ type: 'lost', call, message: LATE, isTooLong: false }),
      message.type === 'open' ? OPEN_MS : this.#askMs,
    )
    this.#waiting.set(call, { resolve, reject, timer })
    this.#post({ ...message, call })
    return promise
  }

  perform(object: ObjectName, operation: Operation, input: Uint8Array, timeMs: number): Answer {
    const call = ++this.#last
    const mostMs = MOST_HELD * timeMs + GRACE_MS
    const end = performance.now() + mostMs
    let rung = Atomics.load(this.#bell, 0)
    if (!this.#isClosed) this.#post({ type: 'perform', call, object, operation, input, timeMs })
    for (let left = mostMs; left > 0 && !this.#isClosed; left = end - performance.now()) {
      const { message } = (receiveMessageOnPort(this.#port) ?? {}) as { message?: FromLane }
      if (message === undefined) {
        Atomics.wait(this.#bell, 0, rung, left)
        rung = Atomics.load(this.#bell, 0)
        // a message whose bell has rung is there
        continue
      }
      if (message.call !== call) queueMicrotask(() => this.#settle(message))
      else if (message.type === 'performed' || message.type === 'refused') return message
      else throw message.type === 'lost' ? toLost(message.message, message) : toLost(UNREACHABLE)
    }
    throw toLost(UNREACHABLE)
  }

  close(): void {
    this.#isClosed = true
    this.#port.close()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject, timer } of waiting) {
      clearTimeout(timer)
      reject(toLost(UNREACHABLE))
    }
  }

  #post(message: ToLane): void {
    this.#port.postMessage(message, [])
  }

  #settle(message: FromLane): void {
    const waiting = this.#waiting.get(message.call)
    this.#waiting.delete(message.call)
    clearTimeout(waiting?.timer)
    if (message.type === 'lost') waiting?.reject(toLost(message.message, message))
    else waiting?.resolve()
  }
}

function toLost(text: string, { isTooLong = false }: { isTooLong?: boolean } = {}): StorageError {
  return new StorageError(isTooLong ? 'STORAGE_LIMIT' : 'STORAGE_UNAVAILABLE', text)
}
