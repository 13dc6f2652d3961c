/** A call of a store as one promise, for whoever has no instance to answer to: the main thread. */

import type { Storage } from './client.ts'
import { StorageError } from './failure.ts'
import type { StorageCode } from './failure.ts'
import type { StorageRequest } from './protocol.ts'

const LATE = 'the storage did not answer in time; whether a change was made is not known'

/** All of the answer's body, within this time. Rejects with a `StorageError`. */
export async function askStorage(
  storage: Storage,
  request: StorageRequest,
  timeMs: number,
): Promise<Uint8Array> {
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
  const timer = setTimeout(() => {
    handle.abort()
    reject(new StorageError('STORAGE_UNAVAILABLE', LATE))
  }, timeMs)
  return promise.finally(() => clearTimeout(timer))
}
