/** What R2 says of calls that come to nothing, in its words and with its numbers: apps look for them. */

import { StorageError } from '../failure.ts'
import type { StorageCode } from '../failure.ts'
import type { HashName } from './object-store.ts'

/** What an app calls an operation. */
export type R2Operation =
  | 'head'
  | 'get'
  | 'put'
  | 'delete'
  | 'list'
  | 'createMultipartUpload'
  | 'uploadPart'
  | 'completeMultipartUpload'
  | 'abortMultipartUpload'

const PROBLEMS = {
  internal: [10001, 'We encountered an internal error. Please try again.'],
  tooSmall: [10011, 'Your proposed upload is smaller than the minimum allowed object size.'],
  metadata: [10012, 'Your metadata headers exceed the maximum allowed metadata size.'],
  name: [10020, 'The specified object name is not valid.'],
  limit: [10022, 'MaxKeys params must be positive integer <= 1000.'],
  upload: [10024, 'The specified multipart upload does not exist.'],
  part: [10025, 'One or more of the specified parts could not be found.'],
  argument: [10029, 'The call has an argument that is not valid.'],
  digest: [10037, 'The checksum you specified did not match what we received.'],
  range: [10039, 'The requested range is not satisfiable'],
  parts: [10048, 'There was a problem with the multipart upload.'],
  tooLarge: [100_100, 'Your proposed upload exceeds the maximum allowed object size.'],
} as const satisfies Record<string, readonly [number, string]>

/** `says`: what is known better than R2's own sentence says it. */
export function r2Error(
  operation: R2Operation,
  problem: keyof typeof PROBLEMS,
  says?: string,
  code: StorageCode | '' = '',
  cause?: unknown,
): StorageError {
  const [number, sentence] = PROBLEMS[problem]
  return new StorageError(code, `${operation}: ${says ?? sentence} (${number})`, { cause })
}

/** What went wrong below, as R2 would say it: what has a code says no number yet. */
export function toR2Error(operation: R2Operation, error: unknown): unknown {
  if (!(error instanceof StorageError) || error.code === '' || error.message.startsWith(`${operation}: `))
    return error
  return r2Error(operation, 'internal', error.message, error.code, error)
}

export function toFull(operation: R2Operation): StorageError {
  const says = 'the bucket holds as much as it may (bucket_mb, bucket_objects); delete some of it'
  return r2Error(operation, 'internal', says, 'STORAGE_LIMIT')
}

/** What R2 calls them. */
export const HASHES: Readonly<Record<HashName, string>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}

export function toMismatch(name: HashName, given: string, actual = ''): StorageError {
  const lines = [
    `The ${HASHES[name]} checksum you specified did not match what we received.`,
    `You provided a ${HASHES[name]} checksum with value: ${given}`,
    `Actual ${HASHES[name]} was: ${actual}`,
  ]
  return r2Error('put', 'digest', lines.join('\n'))
}
