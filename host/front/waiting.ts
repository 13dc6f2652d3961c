/**
 * A request that waits for what another one asks the app for.
 *
 *     waiting  --that is done, or it takes too long-->  going on: as any other request
 *              --its client leaves-->  over
 */

import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'

type Handle = (exchange: Exchange) => ExchangeListener

export class Waiting implements ExchangeListener {
  readonly #exchange: Exchange
  readonly #among: Set<Waiting>
  readonly #timer: NodeJS.Timeout
  #listener: ExchangeListener = NOBODY

  /** `among`: those that wait; it is one of them until it goes on. `late`: what becomes of it after so many milliseconds. */
  constructor(exchange: Exchange, among: Set<Waiting>, { ms, late }: { ms: number; late: Handle }) {
    this.#exchange = exchange
    this.#among = among
    this.#timer = setTimeout(() => this.goOn(late), ms)
    among.add(this)
  }

  goOn(handle: Handle): void {
    if (this.#leave()) this.#listener = handle(this.#exchange)
  }

  get cpuMs(): number {
    return this.#listener.cpuMs
  }

  get isCold(): boolean {
    return this.#listener.isCold
  }

  bodyChunk(bytes: Uint8Array, last: boolean): void {
    this.#listener.bodyChunk(bytes, last)
  }

  bodyFailed(message: string): void {
    this.#listener.bodyFailed(message)
  }

  writable(): void {
    this.#listener.writable()
  }

  clientGone(): void {
    this.#leave()
    this.#listener.clientGone()
  }

  /** Whether it waited. */
  #leave(): boolean {
    clearTimeout(this.#timer)
    return this.#among.delete(this)
  }
}
