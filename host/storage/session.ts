/** The calls of one shard, on the storage thread (protocol.ts). When the port closes, they are over. */

import type { MessagePort } from 'node:worker_threads'

import { StorageError, toFailure } from './failure.ts'
import { FORGET, toOwn, toTransfer } from './protocol.ts'
import type { FromStorage, StorageRequest, ToStorage } from './protocol.ts'
import type { StoreAnswer, StoreCall } from './store.ts'
import type { Stores } from './stores.ts'

const NOTHING = new Uint8Array(0)

/** What an answer says at once of its body; the rest is pulled. */
const CHUNK_BYTES = 256 * 1024

/** Serves a shard until its port closes. `onFault`: something failed that no app is to blame for. */
export function serveShard(port: MessagePort, stores: Stores, onFault: (error: unknown) => void): void {
  const calls = new Map<number, SessionCall>()
  const say = (message: FromStorage, bytes: Uint8Array = NOTHING): void =>
    port.postMessage(message, toTransfer(bytes))
  port.on('message', (message: ToStorage) => {
    const { id, type } = message
    if (type === 'call') {
      const call = new SessionCall(id, message.request, message.more, say)
      calls.set(id, call)
      void call.run(stores, onFault).then(() => {
        calls.delete(id)
        if (call.isAborted) say({ type: 'ended', id })
      })
    } else if (type === 'push') calls.get(id)?.push(message.bytes, message.last)
    else if (type === 'pull') calls.get(id)?.pull()
    else if (calls.has(id)) calls.get(id)?.abort()
    else say({ type: 'ended', id })
  })
  port.on('close', () => {
    for (const call of calls.values()) call.abort()
  })
}

/** One call, from `call` to its last message. */
class SessionCall {
  readonly #id: number
  readonly #request: StorageRequest
  readonly #say: (message: FromStorage, bytes?: Uint8Array) => void
  readonly #abort = new AbortController()
  readonly #body: Uint8Array | ReadableStream<Uint8Array>
  #incoming: ReadableStreamDefaultController<Uint8Array> | undefined
  #onPull: (() => void) | undefined
  #isPulled = false

  constructor(
    id: number,
    request: StorageRequest,
    more: boolean,
    say: (message: FromStorage, bytes?: Uint8Array) => void,
  ) {
    this.#id = id
    this.#request = request
    this.#say = say
    this.#body = more ? this.#openBody(request.body) : request.body
  }

  get isAborted(): boolean {
    return this.#abort.signal.aborted
  }

  /** Never rejects. */
  async run(stores: Stores, onFault: (error: unknown) => void): Promise<void> {
    const { kind, key, op, args } = this.#request
    try {
      const { signal } = this.#abort
      const store = await stores.open(kind)
      const call: StoreCall = { key, op, args, body: this.#body, signal }
      if (op === FORGET) await store.forget(key)
      await this.#answer(op === FORGET ? { meta: null } : await store.call(call))
    } catch (error) {
      if (!(error instanceof StorageError)) onFault(error)
      if (!this.#abort.signal.aborted) this.#say({ type: 'failed', id: this.#id, failure: toFailure(error) })
    }
    // a store that read no more of the body than it needed
    this.#incoming = undefined
  }

  push(bytes: Uint8Array, last: boolean): void {
    const incoming = this.#incoming
    if (bytes.length > 0) incoming?.enqueue(bytes)
    if (!last) return
    incoming?.close()
    this.#incoming = undefined
  }

  pull(): void {
    this.#isPulled = true
    this.#onPull?.()
  }

  abort(): void {
    this.#abort.abort()
    this.#incoming?.error(new StorageError('STORAGE_INVALID', 'the call was aborted'))
    this.#incoming = undefined
    this.#onPull?.()
  }

  #openBody(first: Uint8Array): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#incoming = controller
          if (first.length > 0) controller.enqueue(first)
        },
        pull: () => this.#say({ type: 'want', id: this.#id }),
        cancel: () => {
          this.#incoming = undefined
        },
      },
      { highWaterMark: 0 },
    )
  }

  async #answer({ meta, body = NOTHING }: StoreAnswer): Promise<void> {
    const id = this.#id
    const text = JSON.stringify(meta)
    if (body instanceof Uint8Array && body.length <= CHUNK_BYTES) {
      const bytes = toOwn(body)
      return this.#say({ type: 'answer', id, meta: text, body: bytes, more: false }, bytes)
    }
    const chunks = body instanceof Uint8Array ? split(body) : body
    const reader = chunks[Symbol.asyncIterator]()
    let next = await reader.next()
    for (let isFirst = true; ; isFirst = false) {
      if (this.#abort.signal.aborted) return void (await reader.return?.())
      const last = next.done === true
      const bytes = toOwn(next.value ?? NOTHING)
      if (isFirst) this.#say({ type: 'answer', id, meta: text, body: bytes, more: !last }, bytes)
      else this.#say({ type: 'chunk', id, bytes, last }, bytes)
      if (last) return
      // oxlint-disable-next-line no-await-in-loop -- one chunk for each time that it is asked for
      await this.#pulled()
      // oxlint-disable-next-line no-await-in-loop -- the same
      next = this.#abort.signal.aborted ? { done: true, value: undefined } : await reader.next()
    }
  }

  /** The app wants the next chunk, or no more. */
  async #pulled(): Promise<void> {
    if (!this.#isPulled && !this.#abort.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onPull = resolve
      await promise
    }
    this.#onPull = undefined
    this.#isPulled = false
  }
}

async function* split(body: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) yield body.subarray(at, at + CHUNK_BYTES)
}
