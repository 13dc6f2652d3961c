/**
 * Which apps need an image of their own for a deployment, and what it is called. Pure.
 *
 * What is in such an image its deployment's `env` decides, secrets included. So it lies on the disk sealed with a key that is
 * made from that `env`: who cannot read all of the secrets cannot read the image either. The same input gives its name.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

import type { ContentHash } from '../artifacts/blobs.ts'
import type { EnvReads } from '../component/env-reads.ts'
import type { Env } from '../config/env.ts'
import type { ContentId } from '../image/packed.ts'

/** What a component's app asks of `env` at its top level. */
export interface ComponentReads extends EnvReads {
  /** The component, with its bundle: images of stand-ins are all the same. */
  readonly component: ContentHash
}

/** Whether a component's own image is not the right one for a deployment. */
export function needsOwnImage(reads: EnvReads | undefined, env: Env): boolean {
  if (reads === undefined) return false
  if (reads.isRequired) return true
  return reads.isAll ? Object.keys(env).length > 0 : reads.names.some((name) => Object.hasOwn(env, name))
}

/** Names an image for an `env`, and opens it. */
export interface Seal {
  readonly id: ContentId
  readonly key: Uint8Array
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `component`: its hash, and how else it is made. */
export function toSeal(component: string, env: Env): Seal {
  const seen = Object.entries(env).map(([name, value]) =>
    value.type === 'binding'
      ? [name, value.type, value.kind, value.settings]
      : [name, value.type, value.value],
  )
  const bytes = Buffer.from(
    hkdfSync('sha256', JSON.stringify(seen), component, 'nano env image 1', 2 * KEY_BYTES),
  )
  return {
    id: bytes.toString('hex', 0, KEY_BYTES) as ContentId,
    key: new Uint8Array(bytes.subarray(KEY_BYTES)),
  }
}

/** nonce, tag, sealed bytes */
export function seal(bytes: Uint8Array, key: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce)
  const sealed = [cipher.update(bytes), cipher.final()]
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed])
}

/** Throws for what was not sealed with the key. */
export function unseal(sealed: Buffer, key: Uint8Array): Buffer {
  const begin = NONCE_BYTES + TAG_BYTES
  const cipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  cipher.setAuthTag(sealed.subarray(NONCE_BYTES, begin))
  return Buffer.concat([cipher.update(sealed.subarray(begin)), cipher.final()])
}
