/** Refusals of the egress policy for the log. The tenant hears of every one, and gets words for so many of them. */
import type { EgressDenied } from '../egress/connect.ts'
import { RateLimit } from '../limits/rate-limit.ts'

/** An app can be refused as fast as it can loop. */
const RATE = { count: 10 }

/** Those of one instance and one kind. */
export class DeniedLines {
  readonly #lines = new RateLimit(RATE)
  readonly #onDenied: (text?: string) => void

  constructor(onDenied: (text?: string) => void) {
    this.#onDenied = onDenied
  }

  say({ code, message }: EgressDenied): void {
    if (!this.#lines.admit()) return this.#onDenied()
    const dropped = this.#lines.takeDropped()
    const more = dropped === 0 ? '' : ` (and ${dropped} more before)`
    this.#onDenied(`${code}: ${message}${more}`)
  }
}
