/** A call of a store as one promise, for whoever has no instance to answer to: the main thread. */

import type { Storage } from './client.ts'
import { StorageError } from './failure.ts'
import type { StorageCode } from './failure.ts'
import type { StorageRequest } from './protocol.ts'

const LATE = 'the storage did not answer in time; whether a change was made is not known'

/** What a store answered. */
export interface StoreReply {
  /** What was JSON. */
  readonly meta: unknown
  readonly body: Uint8Array
}

/** All of the answer, within this time; undefined: whenever it comes. Rejects with a `StorageError`. */
export async function askStore(
  storage: Storage,
  request: StorageRequest,
  timeMs: number | undefined,
): Promise<StoreReply> {
  const { promise, resolve, reject } = Promise.withResolvers<StoreReply>()
  const parts: Uint8Array[] = []
  let said = 'null'
  const take = (bytes: Uint8Array, more: boolean): void => {
    parts.push(bytes)
    if (more) handle.pull()
    else resolve({ meta: JSON.parse(said) as unknown, body: Buffer.concat(parts) })
  }
  const handle = storage.call(request, false, {
    onAnswer(meta, body, more) {
      said = meta
      take(body, more)
    },
    onChunk: (bytes, last) => take(bytes, !last),
    onWant() {},
    onFailed: ({ name, code, message }) =>
      reject(new StorageError(code as StorageCode | '', message, { name })),
  })
  if (timeMs === undefined) return await promise
  const timer = setTimeout(() => {
    handle.abort()
    reject(new StorageError('STORAGE_UNAVAILABLE', LATE))
  }, timeMs)
  return await promise.finally(() => clearTimeout(timer))
}

/** The same, but for the body alone. */
export async function askStorage(
  storage: Storage,
  request: StorageRequest,
  timeMs: number,
): Promise<Uint8Array> {
  return (await askStore(storage, request, timeMs)).body
}
