/** An exchange until the way to who takes it is there. Its callee asks for nothing before. */

import { NOBODY } from './exchange.ts'
import type { ExchangeListener } from './exchange.ts'

export class Opening implements ExchangeListener {
  to: ExchangeListener = NOBODY
  isGone = false

  get cpuMs(): number {
    return this.to.cpuMs
  }

  get isCold(): boolean {
    return this.to.isCold
  }

  bodyChunk(bytes: Uint8Array, last: boolean): void {
    this.to.bodyChunk(bytes, last)
  }

  bodyFailed(message: string): void {
    this.to.bodyFailed(message)
  }

  writable(): void {
    this.to.writable()
  }

  clientGone(): void {
    this.isGone = true
    this.to.clientGone()
  }
}
