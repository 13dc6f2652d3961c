/**
 * Connections that keep to a policy. Every request is checked when it is dispatched, so each hop of a redirect is; every
 * address is checked when a connection is made, and exactly the addresses that passed are dialled: a name that leads
 * elsewhere the second time it is asked has gained nothing. Connections are reused within one agent, so an agent is for
 * one policy.
 */
import { lookup as lookupDns, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, Pool } from 'undici'
import { NanoError } from '../errors.ts'
import type { EgressPolicy } from './policy.ts'
import { type Target, toTarget } from './rule.ts'

/** Finds all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: { readonly family?: number; readonly hints?: number },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** An agent that keeps to a policy. */
export interface CheckedAgent {
  readonly dispatcher: Dispatcher
  destroy(): Promise<void>
}

/** How long to wait for a connection. */
const CONNECT_MS = 10_000

/** The resolver of the operating system. */
export const resolveBySystem: Resolve = (hostname, options, done) =>
  lookupDns(hostname, { ...options, all: true }, done)

/** A refused fetch. The text names the host as the app or a redirect spelt it, never what it resolves to. */
export class EgressDenied extends NanoError {
  constructor({ hostname, port }: Target) {
    const host = hostname.includes(':') ? `[${hostname}]` : hostname
    super('EGRESS_DENIED', `the address is not allowed: ${host}:${port}`)
    this.name = 'EgressDenied'
  }
}

/** Open an agent; it makes no connection before its first request. */
export function openCheckedAgent(policy: EgressPolicy, resolve: Resolve): CheckedAgent {
  const agent = new Agent({
    connections: null,
    factory: (origin, options: object) => {
      const lookup = toCheckedLookup(policy, toTarget(new URL(origin)), resolve)
      return new Pool(origin, { ...options, connect: { timeout: CONNECT_MS, lookup } })
    },
  })
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    const target = toTarget(new URL(options.origin ?? ''))
    if (!policy.admitsHost(target)) throw new EgressDenied(target)
    return dispatch(options, handler)
  })
  return { dispatcher, destroy: () => agent.destroy() }
}

/** A lookup for `net.connect` that answers with what the policy admits. */
export function toCheckedLookup(policy: EgressPolicy, target: Target, resolve: Resolve): LookupFunction {
  return (hostname, { all, family, hints }, done) => {
    const asked = {
      ...(typeof family === 'number' && { family }),
      ...(hints !== undefined && { hints }),
    }
    resolve(hostname, asked, (error, addresses) => {
      if (error !== null) return done(error, [])
      const admitted = addresses.filter(({ address }) => policy.admitsAddress(target, address))
      const [first] = admitted
      if (first === undefined) done(new EgressDenied(target), [])
      else if (all) done(null, admitted)
      else done(null, first.address, first.family)
    })
  }
}
