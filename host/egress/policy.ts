/**
 * Where one tenant's fetches and connections may go. Pure. Asked twice: for the host before its name is resolved, and for each address
 * before it is connected to.
 *
 * Holds: what is denied is denied whatever is allowed; with an allow list only what it names or covers is reached; an
 * address that is not public is reached only with `private` or when a range of the allow list covers it, because a name
 * leads wherever its owner says. The operator's port on this machine is reached under no policy, and the apps' own port
 * by address only where that address has been opened. Where loopback is allowed it counts as a range of the list.
 */
import { type Address, parseAddress, toEmbedded } from '../http/address.ts'
import { isPublicAddress } from '../http/public-address.ts'
import { isLoopback, isOwnAddress, type Machine } from './machine.ts'
import type { Target } from './rule.ts'
import { RuleSet } from './rule-set.ts'

/** Ports where no app has business but unasked-for mail: who sends mail does it through a service's submission port. */
const CLOSED_PORTS: ReadonlySet<number> = new Set([25])

/** A policy as nano.json spells it; nothing at all means every public address and no other. */
export interface EgressSettings {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly private?: boolean
}

/** A tenant's policy. */
export class EgressPolicy {
  readonly #allow: RuleSet | undefined
  readonly #deny: RuleSet
  readonly #isPrivate: boolean
  readonly #machine: Machine

  /** Throws for an entry that is none. */
  constructor(settings: EgressSettings = {}, machine: Machine = {}) {
    const { allow, deny, private: isPrivate } = settings
    this.#allow = allow && new RuleSet(allow)
    this.#deny = new RuleSet(deny ?? [])
    this.#isPrivate = isPrivate ?? false
    this.#machine = machine
  }

  /** Whether a host may be looked up; an address that the URL spells out is checked whole. */
  admitsHost(target: Target): boolean {
    // the one port that undici would take to be none
    if (target.port === 0) return false
    const address = parseAddress(target.hostname)
    if (address !== undefined) {
      return this.admitsAddress(target, target.hostname) && !this.#isOwnDoor(address, target.port)
    }
    if (this.#deny.namesHost(target)) return false
    if (this.#machine.allowLoopback) return true
    // a name may lead to an address of the list
    return this.#allow === undefined || this.#allow.hasAddresses || this.#allow.namesHost(target)
  }

  /** Whether an address may be connected to on behalf of a host that was admitted. */
  admitsAddress(target: Target, ip: string): boolean {
    const address = parseAddress(ip)
    if (address === undefined || this.#denies(address, target.port)) return false
    if (target.port === this.#machine.operatorPort && isOwnAddress(address)) return false
    if (this.#opens(address, target.port)) return true
    if (this.#allow?.namesHost(target) === false) return false
    return this.#isPrivate || isPublicAddress(address)
  }

  /** The same for a connection of bytes, which says nothing of how often it came through here. */
  admitsConnection(target: Target, ip: string): boolean {
    const address = parseAddress(ip)
    return (
      address !== undefined &&
      !CLOSED_PORTS.has(target.port) &&
      !this.#isOwnDoor(address, target.port) &&
      this.admitsAddress(target, ip)
    )
  }

  /** The port where the apps' own requests come in, not under a name and not opened. */
  #isOwnDoor(address: Address, port: number): boolean {
    if (port !== this.#machine.tenantPort || this.#isPrivate) return false
    return isOwnAddress(address) && !this.#opens(address, port)
  }

  /** Whether the address itself is reached, whatever name led to it. */
  #opens(address: Address, port: number): boolean {
    if (this.#machine.allowLoopback && isLoopback(address)) return true
    return this.#allow?.covers(address, port) ?? false
  }

  #denies(address: Address, port: number): boolean {
    const embedded = toEmbedded(address)
    return this.#deny.covers(address, port) || (embedded !== undefined && this.#deny.covers(embedded, port))
  }
}
