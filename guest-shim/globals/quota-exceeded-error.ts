/** QuotaExceededError, which is a class of its own in Web IDL; the engine has it as a name of DOMException's alone. */

import { toText } from './crypto-argument.ts'
import { NativeDOMException, NativeTypeError } from './primordials.ts'

const NAME = 'QuotaExceededError'
const NativeRangeError = RangeError

interface Options {
  readonly quota?: unknown
  readonly requested?: unknown
}

export class QuotaExceededError extends NativeDOMException {
  readonly #quota: number | null
  readonly #requested: number | null

  constructor(message: unknown = '', options: Options | null = {}) {
    super(toText(message), NAME)
    const { quota, requested } = options ?? {}
    this.#quota = toAmount('quota', quota)
    this.#requested = toAmount('requested', requested)
    if (this.#quota !== null && this.#requested !== null && this.#requested < this.#quota)
      throw new NativeRangeError('expected more to be requested than there is')
  }

  get quota(): number | null {
    return this.#quota
  }

  get requested(): number | null {
    return this.#requested
  }
}

function toAmount(name: string, value: unknown): number | null {
  if (value === undefined) return null
  const amount = Number(value)
  if (!Number.isFinite(amount)) throw new NativeTypeError(`expected a finite number as ${name}`)
  if (amount < 0) throw new NativeRangeError(`expected ${name} to be 0 at least`)
  return amount
}
