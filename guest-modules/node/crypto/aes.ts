/**
 * AES piece by piece, by a package in JavaScript that has it for whole texts.
 *
 * ecb, cbc   whole blocks as they come; who decrypts keeps the last one back, in which the padding is
 * ctr, gcm   byte for byte: what comes out is as long as what goes in
 */

import { cbc, ctr, ecb, gcm } from '@noble/ciphers/aes.js'
import { Buffer } from '../buffer.ts'

export const BLOCK = 16
const NONE = new Uint8Array(0)
const WORD = 2 ** 32

export interface Aes {
  update(bytes: Uint8Array): Uint8Array
  final(): Uint8Array
}

/** `ecb` without an `iv`, else `cbc`. */
export class BlockAes implements Aes {
  readonly #isEncrypting: boolean
  readonly #key: Uint8Array
  #iv: Uint8Array | undefined
  #rest: Uint8Array = NONE
  isPadded = true

  constructor(isEncrypting: boolean, key: Uint8Array, iv: Uint8Array | undefined) {
    this.#isEncrypting = isEncrypting
    this.#key = key
    this.#iv = iv
  }

  update(bytes: Uint8Array): Uint8Array {
    const all = Buffer.concat([this.#rest, bytes])
    const keepsLast = this.isPadded && !this.#isEncrypting
    const length = Math.floor(Math.max(all.length - (keepsLast ? 1 : 0), 0) / BLOCK) * BLOCK
    this.#rest = all.subarray(length)
    return this.#make(all.subarray(0, length), true)
  }

  final(): Uint8Array {
    return this.#make(this.#rest, !this.isPadded)
  }

  #make(bytes: Uint8Array, disablePadding: boolean): Uint8Array {
    if (bytes.length === 0 && disablePadding) return NONE
    const iv = this.#iv
    const cipher =
      iv === undefined ? ecb(this.#key, { disablePadding }) : cbc(this.#key, iv, { disablePadding })
    const made = this.#isEncrypting ? cipher.encrypt(bytes) : cipher.decrypt(bytes)
    if (iv !== undefined) this.#iv = Uint8Array.from((this.#isEncrypting ? made : bytes).subarray(-BLOCK))
    return made
  }
}

/** `ctr`; `gcm` counts in the last four bytes alone. */
export class StreamAes implements Aes {
  readonly #key: Uint8Array
  readonly #counter: DataView
  readonly #isShort: boolean
  /** Bytes of the counter's block that are used up. */
  #used = 0

  constructor(key: Uint8Array, counter: Uint8Array, isShort: boolean) {
    this.#key = key
    this.#counter = new DataView(Uint8Array.from(counter).buffer)
    this.#isShort = isShort
  }

  update(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return NONE
    const most = (WORD - this.#counter.getUint32(12)) * BLOCK - this.#used
    if (bytes.length > most)
      return Buffer.concat([this.update(bytes.subarray(0, most)), this.update(bytes.subarray(most))])
    const padded = new Uint8Array(this.#used + bytes.length)
    padded.set(bytes, this.#used)
    const made = ctr(this.#key, new Uint8Array(this.#counter.buffer)).encrypt(padded).subarray(this.#used)
    this.#advance(Math.floor(padded.length / BLOCK))
    this.#used = padded.length % BLOCK
    return made
  }

  final(): Uint8Array {
    return NONE
  }

  #advance(blocks: number): void {
    let carry = blocks
    for (let at = 12; at >= (this.#isShort ? 12 : 0); at -= 4) {
      const sum = this.#counter.getUint32(at) + carry
      this.#counter.setUint32(at, sum)
      carry = sum >= WORD ? 1 : 0
    }
  }
}

export class GcmAes implements Aes {
  readonly #isEncrypting: boolean
  readonly #key: Uint8Array
  readonly #iv: Uint8Array
  readonly #stream: StreamAes
  readonly #extra: Uint8Array[] = []
  readonly #plain: Uint8Array[] = []
  /** The whole one that was made, or the one to check, of any length. */
  tag: Uint8Array | undefined

  constructor(isEncrypting: boolean, key: Uint8Array, iv: Uint8Array) {
    this.#isEncrypting = isEncrypting
    this.#key = key
    this.#iv = iv
    // the first block of the stream is that of the first counter
    const first = gcm(key, iv).encrypt(new Uint8Array(BLOCK)).subarray(0, BLOCK)
    this.#stream = new StreamAes(key, ecb(key, { disablePadding: true }).decrypt(first), true)
  }

  addExtra(bytes: Uint8Array): void {
    this.#extra.push(Uint8Array.from(bytes))
  }

  update(bytes: Uint8Array): Uint8Array {
    const made = this.#stream.update(bytes)
    this.#plain.push(Uint8Array.from(this.#isEncrypting ? bytes : made))
    return made
  }

  final(): Uint8Array {
    const sealed = gcm(this.#key, this.#iv, Buffer.concat(this.#extra)).encrypt(Buffer.concat(this.#plain))
    const tag = sealed.subarray(-BLOCK)
    if (this.#isEncrypting) this.tag = tag
    else if (!isSame(this.tag, tag)) throw new Error('Unsupported state or unable to authenticate data')
    return NONE
  }
}

function isSame(given: Uint8Array | undefined, tag: Uint8Array): boolean {
  if (given === undefined) return false
  let difference = 0
  for (let i = 0; i < given.length; i++) difference |= given[i]! ^ tag[i]!
  return difference === 0
}
