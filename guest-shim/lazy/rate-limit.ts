/** Rate limits as Cloudflare has them; its local server names the class so, and has these messages. */

import type { RateHost } from '../bindings/rate-limit.ts'
import { encode, join, NativeError, ownKeys } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject, toText } from '../globals/web-idl.ts'

interface Given {
  readonly key?: unknown
  readonly delta?: unknown
}

const MOST_KEY_BYTES = 8192
const MOST_DELTA = 2 ** 31 - 1

export class Ratelimit {
  readonly #host: RateHost

  constructor(host: RateHost) {
    this.#host = host
  }

  /** Whether the key has done it less often than it may, this time not counted. */
  async limit(options: unknown): Promise<{ success: boolean }> {
    if (!isObject(options)) throw new NativeError('invalid rate limit options')
    const others = ownKeys(options).filter((name) => name !== 'key' && name !== 'delta')
    if (others.length > 0) throw new NativeError(`bad rate limit options: [${join(others.map(String), ',')}]`)
    const { key = '', delta = 1 } = options as Given
    if (typeof key !== 'string') throw new NativeError(`invalid key: ${toText(key)}`)
    if (!isDelta(delta)) throw new NativeError(`delta must be a positive integer: ${toText(delta)}`)
    const bytes = encode(key)
    if (bytes.length > MOST_KEY_BYTES) {
      throw new NativeError(`expected a key of at most ${MOST_KEY_BYTES} bytes, got ${bytes.length}`)
    }
    return { success: this.#host.take(bytes, delta) }
  }
}

function isDelta(value: unknown): value is number {
  return typeof value === 'number' && value % 1 === 0 && value >= 1 && value <= MOST_DELTA
}

finishInterface(Ratelimit, 'Ratelimit')
refuse([Ratelimit])
