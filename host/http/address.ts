/**
 * Which addresses are public. Pure. An address is a number with a width, so that a range is a shift and a comparison.
 *
 * Holds: what is not plainly an address is not public; an IPv6 address that stands for an IPv4 address is as public as
 * that one at the most. Of IPv6 only global unicast (2000::/3) and the well-known prefix of NAT64 can be public at all,
 * so that a range which is assigned tomorrow is closed today. After the IANA registries of special-purpose addresses.
 */
import { isIPv4, isIPv6 } from 'node:net'

/** An address. IPv4 in IPv6 clothes (`::ffff:0:0/96`) is IPv4, because that is where a socket connects to. */
export interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

/** A range of addresses. */
export interface Network extends Address {
  readonly prefix: number
}

const MAPPED = 0xffffn
const LOW_32 = 0xffff_ffffn

/** Ranges that are not public, with the reason. */
const SPECIAL = [
  // this network; Linux connects to itself
  '0.0.0.0/8',
  // private
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  // behind a carrier's NAT, and some clouds' own services
  '100.64.0.0/10',
  // loopback
  '127.0.0.0/8',
  // link-local, with the clouds' metadata services
  '169.254.0.0/16',
  // the metadata and DNS service of one cloud, on what looks like a public address
  '168.63.129.16/32',
  // protocol assignments
  '192.0.0.0/24',
  // documentation
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  // relays of 6to4
  '192.88.99.0/24',
  // benchmarks
  '198.18.0.0/15',
  // multicast
  '224.0.0.0/4',
  // reserved, broadcast
  '240.0.0.0/4',
  // protocol assignments with Teredo
  '2001::/23',
  // documentation
  '2001:db8::/32',
  '3fff::/20',
].map(toNetwork)

const GLOBAL_UNICAST = toNetwork('2000::/3')
const SIX_TO_FOUR = toNetwork('2002::/16')
const NAT64 = toNetwork('64:ff9b::/96')
const NAT64_LOCAL = toNetwork('64:ff9b:1::/48')
const COMPATIBLE = toNetwork('::/96')
const TRANSLATED = toNetwork('::ffff:0:0:0/96')
const LOW_32_FORMS = [NAT64, NAT64_LOCAL, COMPATIBLE, TRANSLATED]

/** Read an address in the spelling of `dns.lookup` and `URL`, without brackets; one with a zone is none. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { bits: 32, value: toIpv4(text) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const value = toIpv6(text)
  return value >> 32n === MAPPED ? { bits: 32, value: value & LOW_32 } : { bits: 128, value }
}

/** Read `10.0.0.0/8`, `fd00::/8` or one address; bits behind the prefix make no difference. */
export function parseNetwork(text: string): Network | undefined {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base)
  if (address === undefined || rest.length > 0) return undefined
  if (prefix === undefined) return { ...address, prefix: address.bits }
  // a mapped address counts its prefix differently from the IPv4 address that it is
  if (!/^\d{1,3}$/.test(prefix) || (address.bits === 32 && base.includes(':'))) return undefined
  return Number(prefix) > address.bits ? undefined : { ...address, prefix: Number(prefix) }
}

/** Whether an address lies in a range. */
export function isWithin({ bits, value }: Address, network: Network): boolean {
  const shift = BigInt(network.bits - network.prefix)
  return bits === network.bits && value >> shift === network.value >> shift
}

/** The IPv4 address that a translator makes, or once made, of an IPv6 address. */
export function toEmbedded(address: Address): Address | undefined {
  if (LOW_32_FORMS.some((network) => isWithin(address, network))) {
    return { bits: 32, value: address.value & LOW_32 }
  }
  return isWithin(address, SIX_TO_FOUR) ? { bits: 32, value: (address.value >> 80n) & LOW_32 } : undefined
}

/** Whether an address belongs to the public internet. */
export function isPublicAddress(ip: string | Address): boolean {
  const address = typeof ip === 'string' ? parseAddress(ip) : ip
  if (address === undefined || SPECIAL.some((network) => isWithin(address, network))) return false
  if (address.bits === 32) return true
  if (!isWithin(address, GLOBAL_UNICAST) && !isWithin(address, NAT64)) return false
  const embedded = toEmbedded(address)
  return embedded === undefined || isPublicAddress(embedded)
}

function toNetwork(text: string): Network {
  const network = parseNetwork(text)
  if (network === undefined) throw new TypeError(`no network: ${text}`)
  return network
}

function toIpv4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function toIpv6(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const before = toGroups(head)
  const after = tail === undefined ? [] : toGroups(tail)
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0n)
  return [...before, ...gap, ...after].reduce((value, group) => (value << 16n) | group, 0n)
}

/** Groups of 16 bits; the last may be a dotted IPv4 address, which is two. */
function toGroups(text: string): bigint[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)]
    const value = toIpv4(part)
    return [value >> 16n, value & 0xffffn]
  })
}
