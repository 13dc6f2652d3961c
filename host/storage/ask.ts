/** A call of a store as one promise, for whoever has no instance to answer to: the main thread. */

import type { Storage } from './client.ts'
import { StorageError } from './failure.ts'
import type { StorageCode } from './failure.ts'
import type { StorageRequest } from './protocol.ts'

/** All of the answer's body. Rejects with a `StorageError`. */
export function askStorage(storage: Storage, request: StorageRequest): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const parts: Uint8Array[] = []
  const take = (bytes: Uint8Array, more: boolean): void => {
    parts.push(bytes)
    if (more) handle.pull()
    else resolve(Buffer.concat(parts))
  }
  const handle = storage.call(request, false, {
    onAnswer: (_meta, body, more) => take(body, more),
    onChunk: (bytes, last) => take(bytes, !last),
    onWant() {},
    onFailed: ({ name, code, message }) =>
      reject(new StorageError(code as StorageCode | '', message, { name })),
  })
  return promise
}
