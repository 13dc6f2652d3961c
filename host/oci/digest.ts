/** Names of bytes in registries. */

import { createHash } from 'node:crypto'

import type { Digest } from '../config/oci-reference.ts'

export function toDigest(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Without the name of the algorithm. */
export function toHex(digest: Digest): string {
  return digest.slice('sha256:'.length)
}
