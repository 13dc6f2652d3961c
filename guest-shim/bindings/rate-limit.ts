/** Rate limits on the host: what the app's `Ratelimit` (lazy/rate-limit.ts) asks for. The answer is there at once. */

import { take } from 'nano:workers/rate-limit'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode } from '../globals/primordials.ts'
import loadRateLimit from '../lazy/rate-limit.ts?lazy'
import { requireLive } from '../turn/phase.ts'
import type { GuestBinding } from './binding.ts'

export interface RateSettings {
  readonly limit: number
  /** Seconds. */
  readonly period: number
}

/** One binding. */
export class RateHost {
  readonly #name: Bytes
  readonly #settings: RateSettings

  /** `name`: the binding's in `env`. */
  constructor(name: string, settings: RateSettings) {
    this.#name = encode(name)
    this.#settings = settings
  }

  /** `key`: UTF-8. */
  take(key: Bytes, delta: number): boolean {
    requireLive('a rate limit')
    const { limit, period } = this.#settings
    return take(this.#name, key, limit, period, delta)
  }
}

type Part = () => { readonly Ratelimit: new (host: RateHost) => unknown }

export const binding: GuestBinding = {
  events: {},
  kinds: {
    ratelimit: (settings, name) =>
      new ((loadRateLimit as Part)().Ratelimit)(new RateHost(name, settings as RateSettings)),
  },
}
