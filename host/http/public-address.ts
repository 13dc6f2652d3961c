/**
 * Which addresses are public, after the IANA registries of special-purpose addresses. Pure.
 *
 * Holds: what is not plainly an address is not public; an IPv6 address that stands for an IPv4 address is as public as
 * that one at the most. Of IPv6 only global unicast (2000::/3) and the well-known prefix of NAT64 can be public at all,
 * so that a range which is assigned tomorrow is closed today.
 */
import { type Address, parseAddress, toAddressSet, toEmbedded } from './address.ts'

const SPECIAL = toAddressSet(
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
  '168.63.129.16',
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
)

/** Of IPv6 what can be public: global unicast, and NAT64. */
const CANDIDATES = toAddressSet('2000::/3', '64:ff9b::/96')

/** Whether an address belongs to the public internet. */
export function isPublicAddress(ip: string | Address): boolean {
  const address = typeof ip === 'string' ? parseAddress(ip) : ip
  if (address === undefined || SPECIAL.has(address)) return false
  if (address.family === 'ipv4') return true
  if (!CANDIDATES.has(address)) return false
  const embedded = toEmbedded(address)
  return embedded === undefined || isPublicAddress(embedded)
}
