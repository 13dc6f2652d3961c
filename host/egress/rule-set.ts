/** The entries of one allow or deny list (rule.ts), as they are asked. */
import { type Address, AddressSet } from '../http/address.ts'
import { namesHost, parseRule, type Rule, type Target } from './rule.ts'

/** Stands for every port: a port 0 is none. */
const EVERY_PORT = 0

/** A list of names, addresses and ranges. */
export class RuleSet {
  readonly #hosts: Extract<Rule, { kind: 'host' }>[] = []
  readonly #addresses = new Map<number, AddressSet>()

  /** Throws for an entry that is none: to drop it could open what it was to close. */
  constructor(entries: readonly string[]) {
    for (const text of entries) this.#add(text)
  }

  /** There are addresses or ranges. */
  get hasAddresses(): boolean {
    return this.#addresses.size > 0
  }

  /** Whether an entry names a target's host, whatever address that has. */
  namesHost(target: Target): boolean {
    return this.#hosts.some((rule) => namesHost(rule, target))
  }

  /** Whether an entry covers an address, whatever name led to it. */
  covers(address: Address, port: number): boolean {
    return [EVERY_PORT, port].some((each) => this.#addresses.get(each)?.has(address) === true)
  }

  #add(text: string): void {
    const rule = parseRule(text)
    if (rule === undefined) throw new TypeError(`expected a host name, an address or a range, got ${text}`)
    if (rule.kind === 'host') return void this.#hosts.push(rule)
    const port = rule.port ?? EVERY_PORT
    const addresses = this.#addresses.get(port) ?? new AddressSet()
    addresses.add(rule.network)
    this.#addresses.set(port, addresses)
  }
}
