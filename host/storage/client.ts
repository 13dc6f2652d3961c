/**
 * A shard's end of its port to the storage thread.
 *
 *     closed  --call-->  asked  --attach-->  open  --port closes-->  closed
 *
 * - closed: there is no port; the next call asks for one.
 * - asked: calls wait for the port; who asked bounds how long.
 * - open: calls go out as they come.
 *
 * When a port closes (the thread has died), the calls that went through it fail: what they changed is not known. A thread that
 * stands still (a disk that hangs) leaves calls in its port that nobody waits for any more; when they come to too much, further
 * ones fail at once.
 */

import type { MessagePort } from 'node:worker_threads'

import { NumberTable } from '../limits/number-table.ts'
import type { StorageFailure } from './failure.ts'
import { toTransfer } from './protocol.ts'
import type { FromStorage, StorageRequest, ToStorage } from './protocol.ts'

/** Who made a call. Nothing more comes after `onFailed`, nor after the last of the body. */
export interface StorageListener {
  /** `meta`: JSON. `more`: more of the body comes, a chunk for each `pull`. */
  onAnswer(meta: string, body: Uint8Array, more: boolean): void
  onChunk(bytes: Uint8Array, last: boolean): void
  /** The store takes the next chunk of the call's body. */
  onWant(): void
  onFailed(failure: StorageFailure): void
}

/** A call under way. */
export interface StorageHandle {
  pull(): void
  /** Once for each `onWant`. */
  push(bytes: Uint8Array, last: boolean): void
  /** Nothing more is heard of it. */
  abort(): void
}

/** Where the data of bindings is. */
export interface Storage {
  /** `more`: further bytes of the body follow. */
  call(request: StorageRequest, more: boolean, listener: StorageListener): StorageHandle
}

const DIED: StorageFailure = {
  name: 'Error',
  code: 'STORAGE_UNAVAILABLE',
  message: 'the storage of this server ended meanwhile; whether a change was made is not known',
}

const BEHIND: StorageFailure = {
  name: 'Error',
  code: 'STORAGE_UNAVAILABLE',
  message: 'the storage of this server is far behind; nothing was changed',
}

/** What a call takes up in the port beside its body. */
const CALL_BYTES = 2048
/** What may be there that nobody waits for. */
const MOST_ABANDONED_BYTES = 32 * 1024 * 1024

export class StorageClient implements Storage, Disposable {
  readonly #connect: () => void
  readonly #calls = new NumberTable<StorageListener>()
  /** Bytes of those that were aborted and have not ended. */
  readonly #abandoned = new Map<number, number>()
  #abandonedBytes = 0
  #port: MessagePort | undefined
  /** What waits for the port; undefined: nobody has asked for one. */
  #waiting: ToStorage[] | undefined
  #lastId = 0

  /** `connect`: asks for a port, which comes with `attach`. */
  constructor(connect: () => void) {
    this.#connect = connect
  }

  call(request: StorageRequest, more: boolean, listener: StorageListener): StorageHandle {
    if (this.#abandonedBytes > MOST_ABANDONED_BYTES) return refuse(listener, BEHIND)
    const id = ++this.#lastId
    const bytes = CALL_BYTES + request.body.length
    this.#calls.set(id, listener)
    this.#send({ type: 'call', id, request, more }, request.body)
    return {
      pull: () => this.#say({ type: 'pull', id }),
      push: (bytes, last) => this.#say({ type: 'push', id, bytes, last }, bytes),
      abort: () => {
        this.#say({ type: 'abort', id })
        if (this.#calls.delete(id)) this.#abandon(id, bytes)
      },
    }
  }

  /** This is the port from here on. */
  attach(port: MessagePort): void {
    this.#port = port
    port.on('message', (message: FromStorage) => this.#hear(message))
    port.once('close', () => this.#close(port))
    // calls keep nothing alive: requests do
    port.unref()
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const message of waiting) this.#send(message)
  }

  [Symbol.dispose](): void {
    this.#calls.clear()
    this.#port?.close()
  }

  /** Of a call that is known. */
  #say(message: ToStorage, bytes?: Uint8Array): void {
    if (this.#calls.has(message.id)) this.#send(message, bytes)
  }

  #send(message: ToStorage, bytes?: Uint8Array): void {
    if (this.#port !== undefined) {
      const moved = bytes === undefined ? [] : toTransfer(bytes)
      const ports = message.type === 'call' ? (message.request.ports ?? []) : []
      this.#port.postMessage(message, [...moved, ...ports])
    } else if (this.#waiting !== undefined) this.#waiting.push(message)
    else {
      this.#waiting = [message]
      this.#connect()
    }
  }

  #abandon(id: number, bytes: number): void {
    this.#abandoned.set(id, bytes)
    this.#abandonedBytes += bytes
  }

  #hear(message: FromStorage): void {
    const { id } = message
    if (message.type === 'ended') {
      this.#abandonedBytes -= this.#abandoned.get(id) ?? 0
      this.#abandoned.delete(id)
      return
    }
    const listener = this.#calls.get(id)
    if (listener === undefined) return
    if (message.type === 'want') return listener.onWant()
    const isLast = message.type === 'failed' || (message.type === 'answer' ? !message.more : message.last)
    if (isLast) this.#calls.delete(id)
    if (message.type === 'answer') listener.onAnswer(message.meta, message.body, message.more)
    else if (message.type === 'chunk') listener.onChunk(message.bytes, message.last)
    else listener.onFailed(message.failure)
  }

  #close(port: MessagePort): void {
    if (this.#port !== port) return
    this.#port = undefined
    const calls = this.#calls.values()
    this.#calls.clear()
    this.#abandoned.clear()
    this.#abandonedBytes = 0
    for (const listener of calls) listener.onFailed(DIED)
  }
}

const NOWHERE: StorageFailure = {
  name: 'Error',
  code: 'STORAGE_UNAVAILABLE',
  message: 'there is no storage here',
}

/** For an instance that is to have none: whatever it asks for comes to nothing. */
export const NO_STORAGE: Storage = {
  call: (_request, _more, listener) => refuse(listener, NOWHERE),
}

/** Not within the call itself. */
function refuse(listener: StorageListener, failure: StorageFailure): StorageHandle {
  queueMicrotask(() => listener.onFailed(failure))
  return { pull() {}, push() {}, abort() {} }
}
