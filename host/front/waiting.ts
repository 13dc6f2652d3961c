/**
 * A request that waits for what another one asks the app for.
 *
 *     waiting  --that is done, or it takes too long-->  going on: as any other request
 *              --its client leaves-->  over
 */

import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Forwarding } from './forwarding.ts'

type Handle = (exchange: Exchange) => ExchangeListener

export class Waiting extends Forwarding {
  readonly #exchange: Exchange
  readonly #among: Set<Waiting>
  readonly #timer: NodeJS.Timeout

  /** `among`: those that wait; it is one of them until it goes on. `late`: what becomes of it after so many milliseconds. */
  constructor(exchange: Exchange, among: Set<Waiting>, { ms, late }: { ms: number; late: Handle }) {
    super()
    this.#exchange = exchange
    this.#among = among
    this.#timer = setTimeout(() => this.goOn(late), ms)
    among.add(this)
  }

  goOn(handle: Handle): void {
    if (this.#leave()) this.listener = handle(this.#exchange)
  }

  override clientGone(): void {
    this.#leave()
    super.clientGone()
  }

  /** Whether it waited. */
  #leave(): boolean {
    clearTimeout(this.#timer)
    return this.#among.delete(this)
  }
}
