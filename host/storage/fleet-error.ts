/** What NATS says, as an app that calls a store of the fleet is told. */

import { StorageError } from './failure.ts'

/** Of JetStream's errors: no room on the disk, in the account, or in the stream. */
const FULL: ReadonlySet<unknown> = new Set([10_023, 10_047, 10_077, 10_122])

export function toFleetError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause
  if (FULL.has((cause as { code?: unknown }).code))
    return new StorageError('STORAGE_FULL', 'the store is full; nothing was changed', { cause })
  return new StorageError(
    'STORAGE_UNAVAILABLE',
    'the store of the fleet cannot be reached; whether a change was made is not known',
    { cause },
  )
}
