/**
 * The machine that the apps run on, as a place that their fetches might lead to. Knows its addresses and its own ports,
 * and whether it is a developer's, whose apps may talk to what runs beside them.
 *
 * Holds: an address of this machine is known in whatever clothes it comes, and interfaces that come and go are seen.
 */
import { networkInterfaces } from 'node:os'
import { type Address, parseAddress, toAddressSet, toEmbedded } from '../http/address.ts'

/** This machine, as a shard sees it. The ports may become known later than the shard. */
export interface Machine {
  /** Where the tenants' requests come in. */
  tenantPort?: number
  /** Where the operator asks; closed to every app under any policy. */
  operatorPort?: number
  /** Loopback is open to every app. */
  readonly dev?: boolean
}

const LOOPBACK = toAddressSet('127.0.0.0/8', '::1')

/** Addresses that lead to the machine itself although no interface has them. */
const UNSPECIFIED = toAddressSet('0.0.0.0/8', '::')

/** Whether an address is the machine's inner one. */
export function isLoopback(address: Address): boolean {
  return LOOPBACK.has(address)
}

/** Whether an address leads to this machine. */
export function isOwnAddress(address: Address): boolean {
  if (isLoopback(address) || UNSPECIFIED.has(address)) return true
  const embedded = toEmbedded(address)
  if (embedded !== undefined && isOwnAddress(embedded)) return true
  const own = readOwn()
  return own === undefined || own.some(({ text }) => text === address.text)
}

/** The addresses of all interfaces; `undefined`: the system does not tell, and any may be one. */
function readOwn(): Address[] | undefined {
  try {
    const entries = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    return entries.flatMap(({ address }) => parseAddress(address) ?? [])
  } catch {
    return undefined
  }
}
