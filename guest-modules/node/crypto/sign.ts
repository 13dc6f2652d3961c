/** Signatures of `node:crypto`, and RSA encryption: computed by the host, within the call. */

import { door } from '../../door.ts'
import { Buffer } from '../buffer.ts'
import { answer, type Callback } from './answer.ts'
import { type Data, toBuffer, toBytes } from './data.ts'
import { type KeyInput, settingsOf, toPrivateDer, toPublicDer } from './key-object.ts'

type Encoding = BufferEncoding | 'buffer'

/** What is to be signed, gathered. */
class Gathering {
  readonly algorithm: string
  readonly #parts: Uint8Array[] = []

  constructor(algorithm: string) {
    this.algorithm = algorithm
  }

  update(data: Data, encoding?: BufferEncoding): this {
    this.#parts.push(Buffer.from(toBytes(data, encoding)))
    return this
  }

  /** As a stream takes it. */
  write(data: Data, encoding?: BufferEncoding): boolean {
    this.update(data, encoding)
    return true
  }

  end(data?: Data, encoding?: BufferEncoding): this {
    return data === undefined ? this : this.update(data, encoding)
  }

  protected gathered(): Uint8Array {
    return Buffer.concat(this.#parts)
  }
}

export class Sign extends Gathering {
  sign(key: KeyInput, encoding?: Encoding): Buffer | string {
    return toOutput(makeSignature(this.algorithm, this.gathered(), key), encoding)
  }
}

export class Verify extends Gathering {
  verify(key: KeyInput, signature: Data, encoding?: BufferEncoding): boolean {
    return checkSignature(this.algorithm, this.gathered(), key, toBytes(signature, encoding))
  }
}

export const createSign = (algorithm: string): Sign => new Sign(algorithm)
export const createVerify = (algorithm: string): Verify => new Verify(algorithm)

/** `crypto.sign` */
export function sign(
  algorithm: string | null | undefined,
  data: Data,
  key: KeyInput,
  callback?: Callback<Buffer>,
): Buffer | undefined {
  return answer(() => makeSignature(algorithm, toBytes(data), key), callback)
}

/** `crypto.verify` */
export function verify(
  algorithm: string | null | undefined,
  data: Data,
  key: KeyInput,
  signature: Data,
  callback?: Callback<boolean>,
): boolean | undefined {
  return answer(() => checkSignature(algorithm, toBytes(data), key, toBytes(signature)), callback)
}

export const publicEncrypt = (key: KeyInput, data: Data): Buffer => encrypt('public-encrypt', key, data)
export const publicDecrypt = (key: KeyInput, data: Data): Buffer => encrypt('public-decrypt', key, data)
export const privateEncrypt = (key: KeyInput, data: Data): Buffer => encrypt('private-encrypt', key, data)
export const privateDecrypt = (key: KeyInput, data: Data): Buffer => encrypt('private-decrypt', key, data)

function makeSignature(algorithm: string | null | undefined, data: Uint8Array, key: KeyInput): Buffer {
  return toBuffer(door.compute({ name: 'sign', ...toSigning(algorithm, key) }, toPrivateDer(key), data))
}

function checkSignature(
  algorithm: string | null | undefined,
  data: Uint8Array,
  key: KeyInput,
  signature: Uint8Array,
): boolean {
  return (
    door.compute({ name: 'verify', ...toSigning(algorithm, key) }, toPublicDer(key), data, signature) === true
  )
}

function toSigning(algorithm: string | null | undefined, key: KeyInput): object {
  const { padding, saltLength, dsaEncoding } = settingsOf(key)
  return { algorithm: algorithm ?? null, padding, saltLength, dsaEncoding }
}

function encrypt(name: `${'public' | 'private'}-${string}`, key: KeyInput, data: Data): Buffer {
  const { padding, oaepHash, oaepLabel } = settingsOf(key)
  const der = name.startsWith('public') ? toPublicDer(key) : toPrivateDer(key)
  const label = oaepLabel === undefined ? undefined : toBytes(oaepLabel as Data)
  return toBuffer(door.compute({ name, padding, oaepHash }, der, toBytes(data), label))
}

function toOutput(bytes: Buffer, encoding: Encoding | undefined): Buffer | string {
  return encoding === undefined || encoding === 'buffer' ? bytes : bytes.toString(encoding)
}
