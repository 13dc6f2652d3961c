/** The random numbers of WASI, for a guest. */
import { randomBytes } from 'node:crypto'

/** More random bytes at a time than `crypto.getRandomValues` gives are not for an app. */
const MAX_RANDOM_BYTES = 65_536n

/** More than `MAX_RANDOM_BYTES` end the guest. */
export function getRandomBytes(length: bigint): Uint8Array {
  if (length > MAX_RANDOM_BYTES) throw new RangeError(`${length} random bytes at a time`)
  return randomBytes(Number(length))
}

export function getRandomU64(): bigint {
  return randomBytes(8).readBigUInt64LE()
}
