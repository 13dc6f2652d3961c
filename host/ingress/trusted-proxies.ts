/**
 * Whose word about clients counts, and by which key the clients are told apart. Pure.
 *
 * Holds: nobody chooses the key under which it is counted. It is the address of the connection's other end or what a
 * trusted proxy wrote, never what stands to the left of that. A customer of an IPv6 network has a /64 of its own and
 * each address in it, so the /64 is the client.
 */

import { isWithin, parseAddress, parseNetwork } from '../http/address.ts'
import type { Address, Network } from '../http/address.ts'

/** `10.0.0.7:443` and `[2001:db8::1]:443`, as some proxies write their clients. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::\d+)?$/
const GROUP_BITS = 16n
const GROUP_MASK = 0xffffn

/** The proxies of one server. */
export class TrustedProxies {
  readonly #networks: readonly Network[]

  /** `entries`: addresses and ranges; what is neither trusts nobody. */
  constructor(entries: readonly string[]) {
    this.#networks = entries.flatMap((text) => parseNetwork(text) ?? [])
  }

  has(address: string): boolean {
    const parsed = this.#networks.length === 0 ? undefined : parseAddress(address)
    return parsed !== undefined && this.#includes(parsed)
  }

  /**
   * The client that a trusted proxy speaks for, as a key: the right-most address of X-Forwarded-For that is no trusted
   * proxy. Where there is none, or something that is no address, it is the last proxy itself.
   */
  toForwardedKey(rawHeaders: readonly string[], proxyKey: string): string {
    let key = proxyKey
    const said = toForwardedFor(rawHeaders)
    for (let i = said.length - 1; i >= 0; i--) {
      const address = parseHop(said[i]!)
      if (address === undefined) break
      key = toKey(address)
      if (!this.#includes(address)) break
    }
    return key
  }

  #includes(address: Address): boolean {
    return this.#networks.some((network) => isWithin(address, network))
  }
}

/** The key of the client at this address. What is no plain address is a client of its own. */
export function toClientKey(address: string): string {
  const parsed = parseAddress(address)
  return parsed === undefined ? address : toKey(parsed)
}

function toKey({ bits, value }: Address): string {
  if (bits === 32) return toGroups(value, 8n, 0xffn).join('.')
  const network = toGroups(value >> 64n, GROUP_BITS, GROUP_MASK)
  return `${network.map((group) => group.toString(16)).join(':')}::/64`
}

/** The four lowest groups of a number, the highest first. */
function toGroups(value: bigint, bits: bigint, mask: bigint): bigint[] {
  return [3n, 2n, 1n, 0n].map((group) => (value >> (group * bits)) & mask)
}

function toForwardedFor(rawHeaders: readonly string[]): string[] {
  const said: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === 'x-forwarded-for') said.push(...rawHeaders[i + 1]!.split(','))
  }
  return said
}

function parseHop(text: string): Address | undefined {
  const trimmed = text.trim()
  const { v4, v6 } = WITH_PORT.exec(trimmed)?.groups ?? {}
  return parseAddress(v4 ?? v6 ?? trimmed)
}
