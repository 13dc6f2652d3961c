/**
 * `crypto`: random values of the host, `subtle`, and what Workers have beside them. An instance draws its random values
 * itself: at the top level, whose outcome all instances share, there are none.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { requireLive } from '../turn/phase.ts'
import { bytesOf } from './buffer-source.ts'
import { makeDigestStream } from './digest-stream.ts'
import { isView, NativeDOMException, NativeTypeError, uncurry, uncurryGetter } from './primordials.ts'
import { QuotaExceededError } from './quota-exceeded-error.ts'
import type { WritableStream } from './streams.ts'
import { type SubtleCrypto, subtle } from './subtle.ts'

/** As many bytes as one call gives. */
const MOST_RANDOM_BYTES = 65_536
const INTEGERS = [
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'BigInt64Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Uint32Array',
  'BigUint64Array',
]

const native = crypto
const fill = uncurry(native.getRandomValues)
const makeUuid = uncurry(native.randomUUID)
const arrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
const kindOf = uncurryGetter(arrays, Symbol.toStringTag) as (self: unknown) => string | undefined

let isMaking = false
let digestStream: typeof WritableStream | undefined

export class Crypto {
  // oxlint-disable-next-line no-unused-private-class-members -- for `in`
  readonly #brand = true

  constructor() {
    if (!isMaking) throw new NativeTypeError('Illegal constructor')
  }

  get subtle(): SubtleCrypto {
    void this.#brand
    return subtle
  }

  getRandomValues<T>(array: T): T {
    void this.#brand
    if (!isView(array)) throw new NativeTypeError('getRandomValues: expected a typed array')
    const kind = kindOf(array)
    if (kind === undefined || !INTEGERS.includes(kind))
      throw new NativeDOMException('expected a typed array of integers', 'TypeMismatchError')
    const bytes = bytesOf(array)
    const length = bytes?.length ?? 0
    if (length > MOST_RANDOM_BYTES) {
      const most = `expected at most ${MOST_RANDOM_BYTES} bytes in one call, got ${length}`
      throw new QuotaExceededError(most)
    }
    requireLive('crypto.getRandomValues()')
    if (bytes !== undefined && length > 0) fill(native, bytes)
    return array
  }

  randomUUID(): string {
    void this.#brand
    requireLive('crypto.randomUUID()')
    return makeUuid(native)
  }

  /** Workers'. */
  get DigestStream(): typeof WritableStream {
    void this.#brand
    return (digestStream ??= makeDigestStream())
  }
}

isMaking = true
export const ownCrypto = new Crypto()
isMaking = false
