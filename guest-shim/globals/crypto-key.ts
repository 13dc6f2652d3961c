/**
 * CryptoKey with its bytes in the shim: an app's own memory like any other, in a snapshot and after a collection too.
 */

import type { Bytes } from './buffer-source.ts'
import type { HashName, Pads } from './hmac.ts'
import { NativeTypeError } from './primordials.ts'

export type KeyUsage = 'sign' | 'verify'

/** What is in a key. */
export interface Secret {
  readonly bytes: Bytes
  readonly bits: number
  readonly pads: Pads
  readonly extractable: boolean
  readonly usages: readonly KeyUsage[]
}

export interface HmacAlgorithm {
  name: 'HMAC'
  hash: { name: HashName }
  length: number
}

const { construct } = Reflect
const NativeWeakSet = WeakSet

/** To the engine an object of a kind that structured clone refuses: it would make an empty object of a key. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a base class that is nothing but its constructor
class Uncloneable {
  constructor() {
    // oxlint-disable-next-line no-constructor-return -- the engine has to make it
    return construct(NativeWeakSet, [], new.target) as object
  }
}

let hasBrand: (value: object) => value is CryptoKey
let secretOf: (key: CryptoKey) => Secret
let makeKey: (secret: Secret) => CryptoKey
/** Of the key that `makeKey` makes: an app has no way to construct one. */
let making: Secret | undefined

export class CryptoKey extends Uncloneable {
  readonly #secret: Secret
  // the same objects each time, which the app may change: only for it to look at
  #algorithm: HmacAlgorithm | undefined
  #usages: KeyUsage[] | undefined

  static {
    hasBrand = (value): value is CryptoKey => #secret in value
    secretOf = (key) => key.#secret
    makeKey = (secret) => {
      making = secret
      try {
        return new CryptoKey()
      } finally {
        making = undefined
      }
    }
  }

  constructor() {
    if (making === undefined) throw new NativeTypeError('CryptoKey: illegal constructor')
    super()
    this.#secret = making
  }

  get type(): 'secret' {
    void this.#secret
    return 'secret'
  }

  get extractable(): boolean {
    return this.#secret.extractable
  }

  get algorithm(): HmacAlgorithm {
    const { pads, bits } = this.#secret
    return (this.#algorithm ??= { name: 'HMAC', length: bits, hash: { name: pads.hash } })
  }

  get usages(): KeyUsage[] {
    return (this.#usages ??= [...this.#secret.usages])
  }

  get [Symbol.toStringTag](): string {
    return 'CryptoKey'
  }
}

export { hasBrand, makeKey, secretOf }
