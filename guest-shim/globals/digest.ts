/**
 * The engine's digest. It notes where the bytes lie and allocates before it reads them: when that sets off a collection,
 * the bytes of a small array, which lie within the object, are elsewhere by then, and the digest is that of something
 * else (two of 50,000). So few bytes are brought to it in memory that no collection moves. It reads them before it
 * returns, so that the same memory serves every time.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import type { Bytes } from './buffer-source.ts'
import { uncurry } from './primordials.ts'

/** A buffer of this size or more lies outside of its object, whoever made it. */
const STEADY_BYTES = 4096

/** The digests that it has. MD5 is in no standard of the Web, but Workers have it. */
export const ENGINE_DIGESTS = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'MD5']

const { subtle } = crypto
const digestOn = uncurry(subtle.digest)
const set = uncurry(Uint8Array.prototype.set) as (self: Bytes, bytes: Uint8Array, at: number) => void
const steady = new ArrayBuffer(STEADY_BYTES)

/** Of the bytes as they are now. `name`: one that the engine knows. */
export async function digest(name: string, bytes: Bytes): Promise<Bytes> {
  let still = bytes
  if (bytes.length < STEADY_BYTES) {
    still = new Uint8Array(steady, 0, bytes.length)
    set(still, bytes, 0)
  }
  return new Uint8Array(await digestOn(subtle, name, still))
}
