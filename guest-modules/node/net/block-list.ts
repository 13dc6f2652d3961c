/** `BlockList` and `SocketAddress` of `node:net`: ranges of addresses. */

import { coded } from '../http/coded.ts'
import { invalidType, invalidValue, outOfRange, requireString } from '../invalid.ts'
import { isIPv4, isIPv6 } from './addresses.ts'

type Family = 'ipv4' | 'ipv6'
interface AddressInit {
  readonly address?: string
  readonly family?: Family
  readonly port?: number
  readonly flowlabel?: number
}

const MOST_PORT = 65_535
const BITS = { ipv4: 32, ipv6: 128 } as const
const NAMES = { ipv4: 'IPv4', ipv6: 'IPv6' } as const
/** IPv4 addresses within those of IPv6. */
const MAPPED = 0xff_ffn << 32n

function toFamily(family: unknown): Family {
  if (typeof family !== 'string') throw invalidType('family', 'of type string', family)
  const lower = family.toLowerCase()
  if (lower !== 'ipv4' && lower !== 'ipv6') throw invalidValue('options.family', 'is invalid', family)
  return lower
}

/** An address as a number. */
export function toNumber(address: string, family: Family): bigint {
  if (family === 'ipv4') return address.split('.').reduce((sum, octet) => (sum << 8n) + BigInt(octet), 0n)
  const [bare = ''] = address.split('%')
  const groups = bare.replace(/[\d.]+$/, (last) => (last.includes('.') ? toGroups(last) : last))
  const [head = '', tail] = groups.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...middle, ...after].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n)
}

/** The last four bytes of an address of IPv6 that are written as one of IPv4. */
function toGroups(address: string): string {
  const number = toNumber(address, 'ipv4')
  return `${(number >> 16n).toString(16)}:${(number & 0xff_ffn).toString(16)}`
}

export class SocketAddress {
  readonly #init: Required<AddressInit>

  constructor(init: AddressInit = {}) {
    if (typeof init !== 'object' || init === null) throw invalidType('options', 'of type object', init)
    const family = toFamily(init.family ?? 'ipv4')
    const { address = family === 'ipv4' ? '127.0.0.1' : '::', port = 0, flowlabel = 0 } = init
    requireString('options.address', address)
    if (!Number.isInteger(port) || port < 0 || port > MOST_PORT) {
      const text = `options.port should be >= 0 and < 65536. Received ${String(port)}.`
      throw coded('ERR_SOCKET_BAD_PORT', new RangeError(text))
    }
    if (!(family === 'ipv4' ? isIPv4(address) : isIPv6(address)))
      throw coded('ERR_INVALID_ADDRESS', new Error('Invalid socket address'))
    this.#init = { address, family, port, flowlabel }
  }

  /** Of `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`; undefined when it is no address. */
  static parse(input: string): SocketAddress | undefined {
    requireString('input', input)
    const [, six, four, port = '0'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(input) ?? []
    try {
      const address = six ?? four
      if (address === undefined) return undefined
      return new SocketAddress({ address, family: six === undefined ? 'ipv4' : 'ipv6', port: Number(port) })
    } catch {
      return undefined
    }
  }

  static isSocketAddress(value: unknown): value is SocketAddress {
    return typeof value === 'object' && value !== null && #init in value
  }

  get address(): string {
    return this.#init.address
  }

  get family(): Family {
    return this.#init.family
  }

  get port(): number {
    return this.#init.port
  }

  get flowlabel(): number {
    return this.#init.flowlabel
  }

  toJSON(): Required<AddressInit> {
    return { ...this.#init }
  }
}

type Given = string | SocketAddress

interface Rule {
  readonly text: string
  readonly family: Family
  readonly first: bigint
  readonly last: bigint
  /** Whether addresses of IPv4 are looked for among those of IPv6. */
  readonly hasMapped: boolean
}

export class BlockList {
  readonly #rules: Rule[] = []

  static isBlockList(value: unknown): value is BlockList {
    return typeof value === 'object' && value !== null && #rules in value
  }

  addAddress(address: Given, family: string = 'ipv4'): void {
    const given = toAddress('address', address, family)
    const number = toNumber(given.address, given.family)
    this.#add({
      text: `Address: ${show(given)}`,
      family: given.family,
      first: number,
      last: number,
      hasMapped: isMapped(given),
    })
  }

  addRange(start: Given, end: Given, family: string = 'ipv4'): void {
    const [from, to] = [toAddress('start', start, family), toAddress('end', end, family)]
    const [first, last] = [toNumber(from.address, from.family), toNumber(to.address, to.family)]
    if (first > last || from.family !== to.family) throw invalidValue('start', 'must come before end', start)
    this.#add({
      text: `Range: ${show(from)}-${to.address}`,
      family: from.family,
      first,
      last,
      hasMapped: isMapped(from) && isMapped(to),
    })
  }

  addSubnet(network: Given, prefix: number, family: string = 'ipv4'): void {
    const given = toAddress('network', network, family)
    const bits = BITS[given.family]
    if (typeof prefix !== 'number') throw invalidType('prefix', 'of type number', prefix)
    if (!Number.isInteger(prefix) || prefix < 0 || prefix > bits)
      throw outOfRange('prefix', `>= 0 && <= ${bits}`, prefix)
    const size = 1n << BigInt(bits - prefix)
    const number = toNumber(given.address, given.family)
    const first = number - (number % size)
    this.#add({
      text: `Subnet: ${show(given)}/${prefix}`,
      family: given.family,
      first,
      last: first + size - 1n,
      hasMapped: true,
    })
  }

  check(address: Given, family: string = 'ipv4'): boolean {
    let given: SocketAddress
    try {
      given = toAddress('address', address, family)
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_INVALID_ADDRESS') return false
      throw error
    }
    const number = toNumber(given.address, given.family)
    return this.#rules.some(
      (rule) =>
        holds(rule, given.family, number) ||
        (isMapped(given) && holds(rule, 'ipv4', number & 0xff_ff_ff_ffn)) ||
        (given.family === 'ipv4' && rule.hasMapped && holds(rule, 'ipv6', MAPPED | number)),
    )
  }

  get rules(): string[] {
    return this.#rules.map(({ text }) => text)
  }

  toJSON(): string[] {
    return this.rules
  }

  /** Takes rules as `toJSON` gives them. */
  fromJSON(data: string | readonly string[]): void {
    const rules = (typeof data === 'string' ? JSON.parse(data) : data) as unknown
    if (!Array.isArray(rules)) throw invalidType('data', 'of type string or an instance of Array', data)
    for (const rule of (rules as string[]).toReversed()) {
      const [, kind, name, what = ''] = /^(Address|Range|Subnet): (IPv[46]) (.+)$/.exec(rule) ?? []
      const family = name?.toLowerCase()
      const [first = '', second = ''] = what.split(kind === 'Subnet' ? '/' : '-')
      if (kind === 'Address') this.addAddress(first, family)
      else if (kind === 'Range') this.addRange(first, second, family)
      else if (kind === 'Subnet') this.addSubnet(first, Number(second), family)
      else throw invalidValue('data', 'is not made of rules', rule)
    }
  }

  /** The latest comes first. */
  #add(rule: Rule): void {
    this.#rules.unshift(rule)
  }
}

const show = ({ family, address }: SocketAddress): string => `${NAMES[family]} ${address}`

const isMapped = ({ family, address }: SocketAddress): boolean =>
  family === 'ipv6' && toNumber(address, family) >> 32n === MAPPED >> 32n

const holds = ({ family, first, last }: Rule, of: Family, number: bigint): boolean =>
  family === of && first <= number && number <= last

function toAddress(name: string, given: Given, family: string): SocketAddress {
  if (SocketAddress.isSocketAddress(given)) return given
  requireString(name, given)
  return new SocketAddress({ address: given, family: toFamily(family) })
}
