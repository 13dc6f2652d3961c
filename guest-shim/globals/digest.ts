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

const { subtle } = crypto
const digestOn = uncurry(subtle.digest)
const set = uncurry(Uint8Array.prototype.set) as (self: Bytes, bytes: Uint8Array, at: number) => void
const steady = new ArrayBuffer(STEADY_BYTES)

/** Of the parts one after the other, as they are now. `name`: one that the engine knows. */
export async function digest(name: string, ...parts: readonly Bytes[]): Promise<Bytes> {
  const [first] = parts
  const isSteady = parts.length === 1 && first !== undefined && first.length >= STEADY_BYTES
  return new Uint8Array(await digestOn(subtle, name, isSteady ? first : join(parts)))
}

function join(parts: readonly Bytes[]): Bytes {
  let length = 0
  for (let i = 0; i < parts.length; i++) length += (parts[i] as Bytes).length
  const joined = length <= STEADY_BYTES ? new Uint8Array(steady, 0, length) : new Uint8Array(length)
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    set(joined, parts[i] as Bytes, at)
    at += (parts[i] as Bytes).length
  }
  return joined
}
