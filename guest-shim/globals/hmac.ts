/**
 * HMAC (RFC 2104) over the engine's digest. The engine's own signs with memory that it freed, so no key is ever given to
 * it. What depends on the key alone, the two padded blocks, is prepared once.
 *
 *     mac = digest(outer + digest(inner + data))
 */

import type { Bytes } from './buffer-source.ts'
import { digest } from './digest.ts'

/** The bytes of the block that each of them works on. */
export const BLOCK_BYTES = { 'SHA-1': 64, 'SHA-256': 64, 'SHA-384': 128, 'SHA-512': 128 } as const

export type HashName = keyof typeof BLOCK_BYTES

export const HASHES = Object.keys(BLOCK_BYTES) as HashName[]

/** What HMAC needs to know of a key. */
export interface Pads {
  readonly hash: HashName
  readonly inner: Bytes
  readonly outer: Bytes
}

const INNER = 0x36
const OUTER = 0x5c

export async function preparePads(hash: HashName, key: Bytes): Promise<Pads> {
  const length = BLOCK_BYTES[hash]
  const secret = key.length > length ? await digest(hash, key) : key
  const inner = new Uint8Array(length)
  const outer = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const byte = secret[i] ?? 0
    inner[i] = byte ^ INNER
    outer[i] = byte ^ OUTER
  }
  return { hash, inner, outer }
}

/** Takes the data as it is now, whatever becomes of its buffer. */
export async function computeMac({ hash, inner, outer }: Pads, data: Bytes): Promise<Bytes> {
  return digest(hash, outer, await digest(hash, inner, data))
}

/** Takes as long for equal bytes as for others. */
export function isEqual(a: Bytes, b: Bytes): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0)
  return difference === 0
}
