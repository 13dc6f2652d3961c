/** Passes on what a client does to whoever has its request by now; to nobody before that. */

import { NOBODY } from '../tenant/exchange.ts'
import type { ExchangeListener } from '../tenant/exchange.ts'

export class Forwarding implements ExchangeListener {
  protected listener: ExchangeListener = NOBODY

  get cpuMs(): number {
    return this.listener.cpuMs
  }

  get isCold(): boolean {
    return this.listener.isCold
  }

  bodyChunk(bytes: Uint8Array, last: boolean): void {
    this.listener.bodyChunk(bytes, last)
  }

  bodyFailed(message: string): void {
    this.listener.bodyFailed(message)
  }

  writable(): void {
    this.listener.writable()
  }

  clientGone(): void {
    this.listener.clientGone()
  }
}
