/**
 * What the ingress knows of one connection, besides its socket. Holds: once `isEnding` is set, no request that comes on
 * the connection is answered or reaches a tenant.
 */

import type { Socket } from 'node:net'

import { isWithin, parseAddress, parseNetwork } from '../egress/address.ts'
import type { Network } from '../egress/address.ts'
import type { ErrorCode } from '../errors.ts'
import type { Origin } from './header-wire.ts'

/** The request whose body is still coming. */
export interface Reading {
  /** All of the body has come. */
  readonly isComplete: boolean
  /** The rest cannot be read. `text`: for the tenant's log; undefined when the client just left. */
  breakOff(code: ErrorCode, text?: string): void
}

/** The other end of a connection. */
export interface Client extends Origin {
  isEnding: boolean
  reading: Reading | undefined
}

/** The clients of all open connections. */
export class Clients {
  readonly #bySocket = new WeakMap<Socket, Client>()
  readonly #proxies: readonly Network[]

  /** `trustedProxies`: addresses and ranges; what is neither trusts nobody. */
  constructor(trustedProxies: readonly string[]) {
    this.#proxies = trustedProxies.flatMap((text) => parseNetwork(text) ?? [])
  }

  add(socket: Socket): void {
    const address = toPlain(socket.remoteAddress ?? 'unknown')
    this.#bySocket.set(socket, {
      address,
      isTrusted: this.#isTrusted(address),
      isEnding: false,
      reading: undefined,
    })
  }

  get(socket: Socket): Client | undefined {
    return this.#bySocket.get(socket)
  }

  #isTrusted(text: string): boolean {
    if (this.#proxies.length === 0) return false
    const address = parseAddress(text)
    return address !== undefined && this.#proxies.some((network) => isWithin(address, network))
  }
}

/** IPv4 as such, also where it comes in over a socket for both families. */
function toPlain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
