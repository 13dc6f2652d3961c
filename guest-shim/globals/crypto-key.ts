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

let isKey: (value: object) => value is CryptoKey
/** Throws for what is no key. */
let partsOf: (key: object) => Parts

interface Parts {
  readonly content: KeyContent
  // the same objects each time, which the app may change: only for it to look at
  algorithm?: object
  usages?: string[]
}

/** What a key is to the shim alone, put on an object that the engine made. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a base class that is nothing but its constructor
class Marked {
  constructor(object: object) {
    // oxlint-disable-next-line no-constructor-return -- what is put on it needs no prototype
    return object
  }
}

class Mark extends Marked {
  readonly #parts: Parts

  static {
    isKey = (value): value is CryptoKey => #parts in value
    partsOf = (key) => (key as Mark).#parts
  }

  constructor(object: object, content: KeyContent) {
    super(object)
    this.#parts = { content }
  }
}

export class CryptoKey {
  constructor() {
    throw new NativeTypeError('Illegal constructor')
  }

  get type(): string {
    return partsOf(this).content.type
  }

  get extractable(): boolean {
    return partsOf(this).content.extractable
  }

  get algorithm(): object {
    const parts = partsOf(this)
    return (parts.algorithm ??= toAlgorithm(parts.content.algorithm))
  }

  get usages(): string[] {
    const parts = partsOf(this)
    return (parts.usages ??= [...parts.content.usages])
  }
}

/** To the engine an object of a kind that structured clone refuses: it would make an empty object of a key. */
export function makeKey(content: KeyContent): CryptoKey {
  const key = construct(NativeWeakSet, [], CryptoKey) as CryptoKey
  void new Mark(key, content)
  return key
}

const contentOf = (key: CryptoKey): KeyContent => partsOf(key).content

/** A key that the host made. */
export function openKey({ sealed, description }: SealedKey): CryptoKey {
  return makeKey({ ...(parseJson(description) as KeyDescription), sealed: toOwn(sealed) })
}

/** Another object for the same key. */
export const cloneKey = (key: CryptoKey): CryptoKey => makeKey(contentOf(key))

/** The key as the host knows it; undefined: it has to be woken first. */
export const sealedOf = (key: CryptoKey): Bytes | undefined => contentOf(key).sealed

/** Of its algorithm. */
export const nameOf = (key: CryptoKey): unknown => contentOf(key).algorithm['name']

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

export { isKey }
