/**
 * Names to addresses that a policy admits. Every address is checked when a connection is made, and exactly the addresses
 * that passed are dialled: a name that leads elsewhere the second time it is asked has gained nothing.
 */
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { NanoError } from '../errors.ts'
import type { Target } from './rule.ts'

/** How long to wait for a connection, in milliseconds. */
export const CONNECT_MS = 10_000

/** Finds all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: { readonly family?: number },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** A refused fetch or connection. The text names the host as the app or a redirect spelt it, never what it resolves to. */
export class EgressDenied extends NanoError {
  constructor({ hostname, port }: Target) {
    const host = hostname.includes(':') ? `[${hostname}]` : hostname
    super('EGRESS_DENIED', `the address is not allowed: ${host}:${port}`)
    this.name = 'EgressDenied'
  }
}

/** A lookup for `net.connect` that answers with the addresses that are admitted for the target. */
export function toCheckedLookup(
  admits: (target: Target, address: string) => boolean,
  target: Target,
  resolve: Resolve,
): LookupFunction {
  return (hostname, { all, family }, done) => {
    resolve(hostname, typeof family === 'number' ? { family } : {}, (error, addresses) => {
      if (error !== null) return done(error, [])
      const admitted = addresses.filter(({ address }) => admits(target, address))
      const [first] = admitted
      if (first === undefined) done(new EgressDenied(target), [])
      else if (all) done(null, admitted)
      else done(null, first.address, first.family)
    })
  }
}
