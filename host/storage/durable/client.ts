/**
 * A shard's end of its lane to the storage of Durable Objects.
 *
 *     closed  --open-->  attached  --the thread is gone-->  closed: objects that are open are lost
 *
 * An operation is answered within the turn: the shard's thread stands still until the bell rings, and no longer than the object may. So
 * nothing can come between a storage call of an object and its answer. What else comes meanwhile waits until the turn is over.
 */

import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'

import type { Storage } from '../client.ts'
import { StorageError } from '../failure.ts'
import type { FromLane, LaneEnd, ObjectName, ToLane } from './lane-protocol.ts'
import { ObjectStorage, type LaneCalls } from './object-storage.ts'
import type { Operation } from './operation.ts'

/** The thread ends what takes too long; so much later it is not there itself. */
const GRACE_MS = 250

const NOTHING = new Uint8Array(0)
const UNREACHABLE = 'the storage of this server does not answer; the object begins again from what was stored'

type Answer = Extract<FromLane, { type: 'performed' | 'refused' }>

export class DurableStorage implements Disposable {
  readonly #storage: Storage
  #lane: LaneClient | undefined

  /** `storage`: the shard's way to the threads. */
  constructor(storage: Storage) {
    this.#storage = storage
  }

  /**
   * Resolves when the object may begin: with what gives its storage to an instance, one after the other. Rejects with a `StorageError`
   * when it cannot be used.
   */
  async open(object: ObjectName): Promise<() => ObjectStorage> {
    const lane = (this.#lane ??= this.#attach())
    await lane.ask({ type: 'open', object })
    return () => new ObjectStorage(object, lane)
  }

  [Symbol.dispose](): void {
    this.#lane?.close()
    this.#lane = undefined
  }

  #attach(): LaneClient {
    const { port1, port2 } = new MessageChannel()
    const bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const lane = new LaneClient(port1, bell)
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
}

class LaneClient implements LaneCalls {
  readonly #port: MessagePort
  readonly #bell: Int32Array
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #isClosed = false

  constructor(port: MessagePort, bell: Int32Array) {
    this.#port = port
    this.#bell = bell
    port.on('message', (message: FromLane) => this.#settle(message))
    // operations keep nothing alive: requests do
    port.unref()
  }

  ask(message: Omit<Extract<ToLane, { type: 'open' | 'commit' | 'close' }>, 'call'>): Promise<void> {
    if (this.#isClosed) return Promise.reject(toLost(UNREACHABLE))
    const call = ++this.#last
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.set(call, { resolve, reject })
    this.#post({ ...message, call })
    return promise
  }

  perform(object: ObjectName, operation: Operation, input: Uint8Array, timeMs: number): Answer {
    const call = ++this.#last
    const end = performance.now() + timeMs + GRACE_MS
    let rung = Atomics.load(this.#bell, 0)
    if (!this.#isClosed) this.#post({ type: 'perform', call, object, operation, input, timeMs })
    for (let left = timeMs; left > 0 && !this.#isClosed; left = end - performance.now()) {
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
    for (const { reject } of waiting) reject(toLost(UNREACHABLE))
  }

  #post(message: ToLane): void {
    this.#port.postMessage(message, [])
  }

  #settle(message: FromLane): void {
    const waiting = this.#waiting.get(message.call)
    this.#waiting.delete(message.call)
    if (message.type === 'lost') waiting?.reject(toLost(message.message, message))
    else waiting?.resolve()
  }
}

function toLost(text: string, { isTooLong = false }: { isTooLong?: boolean } = {}): StorageError {
  return new StorageError(isTooLong ? 'STORAGE_LIMIT' : 'STORAGE_UNAVAILABLE', text)
}
