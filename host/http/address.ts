/**
 * Addresses and sets of them. Pure. Node reads the spellings (`net.isIP`, `URL`) and keeps the ranges (`net.BlockList`).
 * Ours is what they do not do: one spelling for one address, which address of the other family an address leads to, and
 * the network that one customer has.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

type Family = 'ipv4' | 'ipv6'

/** An address. IPv4 in IPv6 clothes (`::ffff:0:0/96`) is IPv4, because that is where a socket connects to. */
export interface Address {
  readonly family: Family
  /** In its one spelling: four decimal numbers, or eight hexadecimal ones without leading zeros. */
  readonly text: string
}

/** A range of addresses. */
export interface Network extends Address {
  readonly prefix: number
}

const BITS = { ipv4: 32, ipv6: 128 } as const
const MAPPED = '0:0:0:0:0:ffff:'

/** Addresses and ranges. */
export class AddressSet {
  /** One for each family: a BlockList takes an IPv4 address for the IPv6 one that maps it, and finds it in `::/0`. */
  readonly #lists: Partial<Record<Family, BlockList>> = {}

  constructor(networks: Iterable<Network> = []) {
    for (const network of networks) this.add(network)
  }

  add({ family, text, prefix }: Network): void {
    const list = (this.#lists[family] ??= new BlockList())
    list.addSubnet(text, prefix, family)
  }

  has({ family, text }: Address): boolean {
    return this.#lists[family]?.check(text, family) ?? false
  }
}

/** A set of what the host itself names; throws for what is no address and no range. */
export function toAddressSet(...texts: string[]): AddressSet {
  return new AddressSet(
    texts.map((text) => {
      const network = parseNetwork(text)
      if (network === undefined) throw new TypeError(`expected an address or a range, got ${text}`)
      return network
    }),
  )
}

const NAT64 = '64:ff9b::/96'
const NAT64_LOCAL = '64:ff9b:1::/48'
const COMPATIBLE = '::/96'
const TRANSLATED = '::ffff:0:0:0/96'
/** They hold an IPv4 address in their last 32 bits. */
const IN_LAST_BITS = toAddressSet(NAT64, NAT64_LOCAL, COMPATIBLE, TRANSLATED)
/** They hold one behind the prefix. */
const SIX_TO_FOUR = toAddressSet('2002::/16')

/** Read an address in the spelling of `dns.lookup` and `URL`, without brackets; one with a zone is none. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 'ipv4', text }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const groups = toGroups(text)
  const full = groups.join(':')
  return full.startsWith(MAPPED) ? toIpv4(groups, 6) : { family: 'ipv6', text: full }
}

/** Read `10.0.0.0/8`, `fd00::/8` or one address; bits behind the prefix make no difference. */
export function parseNetwork(text: string): Network | undefined {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base)
  if (address === undefined || rest.length > 0) return undefined
  const bits = BITS[address.family]
  if (prefix === undefined) return { ...address, prefix: bits }
  // a mapped address counts its prefix differently from the IPv4 address that it is
  if (!/^\d{1,3}$/.test(prefix) || (address.family === 'ipv4' && base.includes(':'))) return undefined
  return Number(prefix) > bits ? undefined : { ...address, prefix: Number(prefix) }
}

/** The IPv4 address that a translator makes, or once made, of an IPv6 address. */
export function toEmbedded(address: Address): Address | undefined {
  const groups = address.text.split(':')
  if (IN_LAST_BITS.has(address)) return toIpv4(groups, 6)
  return SIX_TO_FOUR.has(address) ? toIpv4(groups, 1) : undefined
}

/**
 * The customer of a network whom an address belongs to: the address, or the /64 of an IPv6 address, because whoever has
 * one address of it has them all.
 */
export function toCustomer({ family, text }: Address): string {
  return family === 'ipv4' ? text : `${text.split(':').slice(0, 4).join(':')}::/64`
}

/** As it is written: the longest run of zeros is left out. */
export function toShortText({ family, text }: Address): string {
  return family === 'ipv4' ? text : new URL(`http://[${text}]/`).hostname.slice(1, -1)
}

/** The eight groups of an IPv6 address, from the spelling that `URL` gives it. */
function toGroups(text: string): string[] {
  const [head = [], tail = []] = new URL(`http://[${text}]/`).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':')))
  const gap = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...gap, ...tail]
}

/** The IPv4 address in two groups, from the one at `index` on. */
function toIpv4(groups: readonly string[], index: number): Address {
  const bytes = groups.slice(index, index + 2).flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
  return { family: 'ipv4', text: bytes.join('.') }
}
