/** Keys of `node:crypto`: secrets only. Those with two halves are WebCrypto's (`crypto.subtle`). */

import { Buffer } from '../buffer.ts'
import { type Data, toBytes } from './data.ts'

export class KeyObject {
  readonly type = 'secret'
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get symmetricKeySize(): number {
    return this.#bytes.length
  }

  export(): Buffer
  export(options: { format: 'jwk' }): { kty: 'oct'; k: string }
  export(options?: { format?: string }): unknown {
    const bytes = Buffer.from(this.#bytes)
    return options?.format === 'jwk' ? { kty: 'oct', k: bytes.toString('base64url') } : bytes
  }

  equals(other: KeyObject): boolean {
    return this.export().equals(other.export())
  }
}

export function createSecretKey(key: Data, encoding?: BufferEncoding): KeyObject {
  return new KeyObject(toBytes(key, encoding).slice())
}

const refuse = (name: string) => (): never => {
  throw Object.assign(
    new Error(
      `${name}() of node:crypto is not there in NANO: use crypto.subtle, which has keys of two halves`,
    ),
    { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' },
  )
}

export const createPrivateKey = refuse('createPrivateKey')
export const createPublicKey = refuse('createPublicKey')
export const createSign = refuse('createSign')
export const createVerify = refuse('createVerify')
