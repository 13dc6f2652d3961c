/**
 * Work that outlives a response (wit/background.wit). A hold keeps an instance that is to be replaced; it does not
 * count as something that is going to bring the guest an event.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-background.d.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { BindingContext, Meter } from './binding.ts'
import { PassiveBinding } from './passive-binding.ts'

/** Requests that are held, in the accounts of the instance. */
export class BackgroundBinding extends PassiveBinding {
  readonly #accounts: Accounts
  readonly #meter: Meter

  constructor(meter: Meter, accounts: Accounts) {
    super()
    this.#meter = meter
    this.#accounts = accounts
  }

  /** The functions that the guest calls. */
  readonly imports = {
    hold: (id: number): void => {
      this.#meter.crossings++
      if (!this.#accounts.hold(id)) this.#meter.ignored++
    },
    release: (id: number): void => {
      this.#meter.crossings++
      if (!this.#accounts.release(id)) this.#meter.ignored++
    },
  } satisfies typeof Wit
}

export const bind = ({ meter, accounts }: BindingContext): BackgroundBinding =>
  new BackgroundBinding(meter, accounts)
