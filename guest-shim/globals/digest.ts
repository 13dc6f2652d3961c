/**
 * The engine's digest. It notes where the bytes lie and allocates before it reads them: when that sets off a collection,
 * the bytes of a small array, which lie within the object, are elsewhere by then, and the digest is that of something
 * else (two of 50,000). So they are brought to it in memory that no collection moves.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import type { Bytes } from './buffer-source.ts'
import { uncurry } from './primordials.ts'

/** A buffer of its own of this size or more lies outside of its object, whoever made it. */
const STEADY_BYTES = 4096

const { subtle } = crypto
const digestOn = uncurry(subtle.digest)
const set = uncurry(Uint8Array.prototype.set) as (self: Bytes, bytes: Uint8Array, at: number) => void

/** Of the parts one after the other, as they are now. `name`: one that the engine knows. */
export async function digest(name: string, ...parts: readonly Bytes[]): Promise<Bytes> {
  const [first] = parts
  const isSteady = parts.length === 1 && first !== undefined && first.length >= STEADY_BYTES
  return new Uint8Array(await digestOn(subtle, name, isSteady ? first : join(parts)))
}

function join(parts: readonly Bytes[]): Bytes {
  let length = 0
  for (let i = 0; i < parts.length; i++) length += (parts[i] as Bytes).length
  const joined = new Uint8Array(new ArrayBuffer(length < STEADY_BYTES ? STEADY_BYTES : length), 0, length)
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    set(joined, parts[i] as Bytes, at)
    at += (parts[i] as Bytes).length
  }
  return joined
}
