/**
 * Whose a connection is: what it says goes to one port, and to another one once TLS is there that the latter asked for. What
 * comes before was sent without TLS, and is never the latter's.
 */

import type { ConnectionPort } from './door.ts'

export class Relay implements ConnectionPort {
  #port: ConnectionPort
  #next: { readonly port: ConnectionPort; readonly onTaken: () => void } | undefined

  constructor(port: ConnectionPort) {
    this.#port = port
  }

  /** It is to be another's, who hears `ready` or `failed` next. `onTaken`: the one before hears nothing from then on. */
  handOver(port: ConnectionPort, onTaken: () => void): void {
    this.#next = { port, onTaken }
  }

  ready(protocol: string): void {
    this.#take()
    this.#port.ready(protocol)
  }

  data(bytes: Uint8Array): void {
    this.#port.data(bytes)
  }

  ended(): void {
    if (this.#take()) this.#port.failed('the connection ended before there was TLS', 'ECONNRESET')
    else this.#port.ended()
  }

  writable(): void {
    this.#port.writable()
  }

  failed(message: string, code: string): void {
    this.#take()
    this.#port.failed(message, code)
  }

  #take(): boolean {
    const next = this.#next
    if (next === undefined) return false
    this.#next = undefined
    this.#port = next.port
    next.onTaken()
    return true
  }
}
