/** Digests that the host computes. What is short is gathered and goes to it at once; what is long goes in parts. */

import { door } from '../../door.ts'
import { Buffer } from '../buffer.ts'

/** What takes bytes and gives a digest once; those of @noble/hashes as well. */
export interface Engine {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

export interface HashEngine extends Engine {
  clone(): HashEngine
}

/** More is not gathered. */
const MOST_GATHERED = 64 * 1024

let lastId = 0

/** What was given, copied: what the app does to it later is nothing to the digest. */
class Gathered {
  #parts: Uint8Array[] = []
  length = 0

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice())
    this.length += bytes.length
  }

  /** All of it, and nothing is left. */
  take(): Uint8Array {
    const all = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.length = 0
    return all
  }

  copy(): Gathered {
    const copy = new Gathered()
    copy.#parts = [...this.#parts]
    copy.length = this.length
    return copy
  }
}

/** `name`: the host's for the hash. */
export class HostHash implements HashEngine {
  readonly #name: string
  #gathered = new Gathered()
  /** The host's number for it, once it has a part. */
  #id: number | undefined

  constructor(name: string) {
    this.#name = name
  }

  update(bytes: Uint8Array): void {
    this.#gathered.add(bytes)
    if (this.#gathered.length <= MOST_GATHERED) return
    if (this.#id !== undefined) return void this.#say('digest-write')
    this.#id = ++lastId
    this.#say('digest-begin')
  }

  digest(): Uint8Array {
    if (this.#id === undefined) return this.#say('hash')
    this.#say('digest-write')
    return this.#say('digest-end')
  }

  clone(): HostHash {
    const clone = new HostHash(this.#name)
    clone.#gathered = this.#gathered.copy()
    if (this.#id !== undefined) {
      clone.#id = ++lastId
      door.compute({ name: 'digest-copy', id: this.#id, copy: clone.#id })
    }
    return clone
  }

  #say(name: string): Uint8Array {
    const call = { name, id: this.#id, algorithm: this.#name }
    return door.compute(call, undefined, this.#gathered.take()) as Uint8Array
  }
}

export class HostMac implements Engine {
  readonly #name: string
  readonly #key: Uint8Array
  readonly #gathered = new Gathered()

  constructor(name: string, key: Uint8Array) {
    this.#name = name
    this.#key = key
  }

  update(bytes: Uint8Array): void {
    this.#gathered.add(bytes)
  }

  digest(): Uint8Array {
    return door.compute(
      { name: 'hmac', algorithm: this.#name },
      this.#key,
      this.#gathered.take(),
    ) as Uint8Array
  }
}
