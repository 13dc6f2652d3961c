/** A thread's ways to the data of bindings: each kind of store has a thread of its own, so that none waits for another's disk. */

import type { MessagePort } from 'node:worker_threads'

import { StorageClient } from './client.ts'
import type { Storage, StorageHandle, StorageListener } from './client.ts'
import type { StorageRequest } from './protocol.ts'

export class StorageClients implements Storage, Disposable {
  readonly #connect: (kind: string) => void
  readonly #clients = new Map<string, StorageClient>()

  /** `connect`: asks for a port to the thread of this kind, which comes with `attach`. */
  constructor(connect: (kind: string) => void) {
    this.#connect = connect
  }

  call(request: StorageRequest, more: boolean, listener: StorageListener): StorageHandle {
    return this.#of(request.kind).call(request, more, listener)
  }

  /** This is the port to the thread of this kind from here on. */
  attach(kind: string, port: MessagePort): void {
    this.#of(kind).attach(port)
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]()
  }

  #of(kind: string): StorageClient {
    const known = this.#clients.get(kind)
    if (known !== undefined) return known
    const client = new StorageClient(() => this.#connect(kind))
    this.#clients.set(kind, client)
    return client
  }
}
