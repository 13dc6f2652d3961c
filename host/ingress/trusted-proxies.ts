/**
 * Whose word about clients counts, and by which key the clients are told apart. Pure.
 *
 * Holds: nobody chooses the key under which it is counted. It is the address of the connection's other end or what a
 * trusted proxy wrote, never what stands to the left of that.
 */

import { AddressSet, parseAddress, parseNetwork, toCustomer, toShortText } from '../http/address.ts'
import type { Address } from '../http/address.ts'
import { toOnlyValue, toValues } from '../http/header-lines.ts'

/** `10.0.0.7:443` and `[2001:db8::1]:443`, as some proxies write their clients. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::\d+)?$/

/** Headers in which some proxies name their client alone. */
const NAMING = ['cf-connecting-ip', 'x-real-ip']

/** Who asks. */
export interface Client {
  /** By which it is told apart from others. */
  readonly key: string
  readonly address: string
}

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
   * The client that a trusted proxy speaks for: the right-most address of X-Forwarded-For that is no trusted proxy. Where
   * there is none, or something that is no address, it is the last proxy itself: then what it says in headers that name
   * one address is shown, and counts for nothing.
   */
  toForwarded(rawHeaders: readonly string[], proxy: Client): Client {
    let client: Client | undefined
    const said = toValues(rawHeaders, 'x-forwarded-for').flatMap((value) => value.split(','))
    for (let i = said.length - 1; i >= 0; i--) {
      const address = parseHop(said[i]!)
      if (address === undefined) break
      client = { key: toCustomer(address), address: toShortText(address) }
      if (!this.#addresses.has(address)) break
    }
    if (client !== undefined) return client
    for (const name of NAMING) {
      const address = parseAddress(toOnlyValue(rawHeaders, name) ?? '')
      if (address !== undefined) return { key: proxy.key, address: toShortText(address) }
    }
    return proxy
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
