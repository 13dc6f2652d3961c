/**
 * The fleet's key. Settings, values of KV and calls are sealed with it (AES-256-GCM), and what NATS is told of an app is signed
 * (HMAC-SHA-256), each with a key derived from it, so that whoever may write to NATS but has not the key can read none of that, and
 * can make no host serve what no host has said of that app before.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

import type { FleetSettings } from '../config/fleet-settings.ts'
import { readSecret } from '../config/secrets.ts'
import { NanoError } from '../errors.ts'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What is sealed is longer by so much. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES
const KEY_BYTES = 32
const LEAST_CHARACTERS = 32

/** What is sealed: each use has a key of its own. */
export type SealUse = 'settings' | 'kv' | 'calls'

export class Seal {
  readonly #sealing: Buffer
  readonly #signing: Buffer
  /** Part of what is hashed before NATS hears of it. */
  readonly hashing: Uint8Array

  constructor(key: string, fleet: string, use: SealUse = 'settings') {
    const derive = (what: string): Buffer =>
      Buffer.from(hkdfSync('sha256', key, `nano fleet ${fleet}`, what, KEY_BYTES))
    this.#sealing = derive(use)
    this.#signing = derive('records')
    this.hashing = derive('hashes')
  }

  /** `of`: what it belongs to; it can be opened as nothing else. */
  seal(text: string, of: string): string {
    return this.sealBytes(Buffer.from(text), of).toString('base64')
  }

  /** Throws when it was sealed with another key, or for something else. */
  open(sealed: string, of: string): string {
    return this.openBytes(Buffer.from(sealed, 'base64'), of).toString()
  }

  /** As `seal`. */
  sealBytes(bytes: Uint8Array, of: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#sealing, nonce).setAAD(Buffer.from(of))
    const parts = [nonce, cipher.update(bytes), cipher.final()]
    return Buffer.concat([...parts, cipher.getAuthTag()])
  }

  /** As `open`. */
  openBytes(sealed: Uint8Array, of: string): Buffer {
    if (sealed.length < SEAL_BYTES) throw new Error('it is not sealed')
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length)
    const decipher = createDecipheriv(CIPHER, this.#sealing, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(of)).setAuthTag(bytes.subarray(-TAG_BYTES))
    const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
    return Buffer.concat([opened, decipher.final()])
  }

  sign(text: string): string {
    return createHmac('sha256', this.#signing).update(text).digest('base64')
  }

  isSigned(text: string, signature: string): boolean {
    const [own, given] = [this.sign(text), signature].map((each) => Buffer.from(each))
    return own!.length === given!.length && timingSafeEqual(own!, given!)
  }
}

/** Undefined: the operator wants none. Throws CONFIG_INVALID. */
export function toSeal({ key, name }: FleetSettings, use?: SealUse): Seal | undefined {
  if (key === undefined) return undefined
  try {
    const text = readSecret(key)
    if (text.length < LEAST_CHARACTERS)
      throw new Error(`expected at least ${LEAST_CHARACTERS} characters, got ${text.length}`)
    return new Seal(text, name, use)
  } catch (cause) {
    throw new NanoError('CONFIG_INVALID', `fleet.key: ${(cause as Error).message}`, { cause })
  }
}
