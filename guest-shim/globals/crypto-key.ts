/**
 * CryptoKey: what one can see of a key that the host has. It is kept sealed (wit/crypto.wit). One that was imported while the
 * app was built is kept as its import, which the first use in an instance makes (early-key.ts).
 */

import type { SealedKey } from '../bindings/crypto.ts'
import { type Bytes, toOwn } from './buffer-source.ts'
import { NativeTypeError, parseJson } from './primordials.ts'

/** What a key shows of itself, as plain data. */
export interface KeyDescription {
  readonly type: 'public' | 'private' | 'secret'
  readonly extractable: boolean
  readonly algorithm: Readonly<Record<string, unknown>>
  readonly usages: readonly string[]
}

/** What is behind a key, and behind its clones. */
export interface KeyContent extends KeyDescription {
  /** Undefined: not imported yet. */
  sealed: Bytes | undefined
  /** Has it imported. */
  readonly wake?: () => Promise<SealedKey>
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

let isKey: (value: object) => value is CryptoKey
let contentOf: (key: CryptoKey) => KeyContent
let makeKey: (content: KeyContent) => CryptoKey
/** Of the key that `makeKey` makes: an app has no way to construct one. */
let making: KeyContent | undefined

export class CryptoKey extends Uncloneable {
  readonly #content: KeyContent
  // the same objects each time, which the app may change: only for it to look at
  #algorithm: object | undefined
  #usages: string[] | undefined

  static {
    isKey = (value): value is CryptoKey => #content in value
    contentOf = (key) => key.#content
    makeKey = (content) => {
      making = content
      try {
        return new CryptoKey()
      } finally {
        making = undefined
      }
    }
  }

  constructor() {
    if (making === undefined) throw new NativeTypeError('Illegal constructor')
    super()
    this.#content = making
  }

  get type(): string {
    return this.#content.type
  }

  get extractable(): boolean {
    return this.#content.extractable
  }

  get algorithm(): object {
    return (this.#algorithm ??= toAlgorithm(this.#content.algorithm))
  }

  get usages(): string[] {
    return (this.#usages ??= [...this.#content.usages])
  }
}

/** A key that the host made. */
export function openKey({ sealed, description }: SealedKey): CryptoKey {
  return makeKey({ ...(parseJson(description) as KeyDescription), sealed: toOwn(sealed) })
}

/** Another object for the same key. */
export const cloneKey = (key: CryptoKey): CryptoKey => makeKey(contentOf(key))

/** The key as the host knows it; undefined: it has to be woken first. */
export const sealedOf = (key: CryptoKey): Bytes | undefined => contentOf(key).sealed

/** Has a key imported that was made while the app was built. */
export async function wakeKey(key: CryptoKey): Promise<void> {
  const content = contentOf(key)
  if (content.wake === undefined) return
  const { sealed } = await content.wake()
  content.sealed ??= toOwn(sealed)
}

function toAlgorithm(data: Readonly<Record<string, unknown>>): object {
  const { publicExponent, hash } = data
  const algorithm: Record<string, unknown> = { ...data }
  if (publicExponent !== undefined) algorithm['publicExponent'] = new Uint8Array(publicExponent as number[])
  if (hash !== undefined) algorithm['hash'] = { ...(hash as object) }
  return algorithm
}

export { isKey, makeKey }
