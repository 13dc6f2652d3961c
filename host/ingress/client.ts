/**
 * What the ingress knows of one connection, besides its socket. Holds: once `isEnding` is set, no request that comes on
 * the connection is answered or reaches a tenant.
 */

import type { Socket } from 'node:net'

import type { ErrorCode } from '../errors.ts'
import type { Origin } from './header-wire.ts'
import { toClientKey } from './trusted-proxies.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** The request whose body is still coming. */
export interface Reading {
  /** All of the body has come. */
  readonly isComplete: boolean
  /** The rest cannot be read. `text`: for the tenant's log; undefined when the client just left. */
  breakOff(code: ErrorCode, text?: string): void
}

/** The other end of a connection. */
export interface Client extends Origin {
  /** By which clients are told apart; of a trusted proxy its own. */
  readonly key: string
  isEnding: boolean
  reading: Reading | undefined
}

/** The clients of all open connections. */
export class Clients {
  readonly #bySocket = new WeakMap<Socket, Client>()
  readonly #proxies: TrustedProxies

  constructor(proxies: TrustedProxies) {
    this.#proxies = proxies
  }

  add(socket: Socket): void {
    const address = toPlain(socket.remoteAddress ?? 'unknown')
    this.#bySocket.set(socket, {
      address,
      isTrusted: this.#proxies.has(address),
      key: toClientKey(address),
      isEnding: false,
      reading: undefined,
    })
  }

  get(socket: Socket): Client | undefined {
    return this.#bySocket.get(socket)
  }
}

/** IPv4 as such, also where it comes in over a socket for both families. */
function toPlain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
