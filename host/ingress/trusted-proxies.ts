/**
 * Whose word about clients counts, and by which key the clients are told apart. Pure.
 *
 * Holds: nobody chooses the key under which it is counted. It is the address of the connection's other end or what a
 * trusted proxy wrote, never what stands to the left of that.
 */

import { AddressSet, parseAddress, parseNetwork, toCustomer } from '../http/address.ts'
import type { Address } from '../http/address.ts'
import { toValues } from '../http/header-lines.ts'

/** `10.0.0.7:443` and `[2001:db8::1]:443`, as some proxies write their clients. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::\d+)?$/

/** The proxies of one server. */
export class TrustedProxies {
  readonly #addresses: AddressSet

  /** `entries`: addresses and ranges; what is neither trusts nobody. */
  constructor(entries: readonly string[]) {
    this.#addresses = new AddressSet(entries.flatMap((text) => parseNetwork(text) ?? []))
  }

  has(address: string): boolean {
    const parsed = parseAddress(address)
    return parsed !== undefined && this.#addresses.has(parsed)
  }

  /**
   * The client that a trusted proxy speaks for, as a key: the right-most address of X-Forwarded-For that is no trusted
   * proxy. Where there is none, or something that is no address, it is the last proxy itself.
   */
  toForwardedKey(rawHeaders: readonly string[], proxyKey: string): string {
    let key = proxyKey
    const said = toValues(rawHeaders, 'x-forwarded-for').flatMap((value) => value.split(','))
    for (let i = said.length - 1; i >= 0; i--) {
      const address = parseHop(said[i]!)
      if (address === undefined) break
      key = toCustomer(address)
      if (!this.#addresses.has(address)) break
    }
    return key
  }
}

/** The key of the client at this address. What is no plain address is a client of its own. */
export function toClientKey(address: string): string {
  const parsed = parseAddress(address)
  return parsed === undefined ? address : toCustomer(parsed)
}

function parseHop(text: string): Address | undefined {
  const trimmed = text.trim()
  const { v4, v6 } = WITH_PORT.exec(trimmed)?.groups ?? {}
  return parseAddress(v4 ?? v6 ?? trimmed)
}
