/**
 * `node:dns/promises`. What is known without asking anybody is answered here: addresses, and this machine's own name. Everything
 * else is asked as Workers ask it (`over-https.ts`). An app that only fetches or connects asks nothing: names are the host's to
 * resolve then.
 */

import * as unenv from 'unenv/node/dns/promises'
import { invalidType, invalidValue, requireString } from '../invalid.ts'
import { isIP, isIPv4 } from '../net/addresses.ts'
import { toNumber } from '../net/block-list.ts'
import { type Answer, ask, dnsError, type RecordType } from './over-https.ts'
import * as records from './records.ts'

export interface LookupOptions {
  readonly family?: 0 | 4 | 6 | 'IPv4' | 'IPv6'
  readonly all?: boolean
  readonly order?: 'verbatim' | 'ipv4first' | 'ipv6first'
}

export interface Found {
  readonly address: string
  readonly family: number
}

const LOOPBACK: readonly Found[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]
/** This machine, whatever its name servers say (RFC 6761). */
const LOCAL = /^(?:[^.]+\.)*localhost\.?$/i

const toFamily = (family: LookupOptions['family']): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0)

export async function lookup(
  hostname: string,
  options: LookupOptions | LookupOptions['family'] = {},
): Promise<Found | Found[]> {
  const { family, all = false, order } = typeof options === 'object' ? options : { family: options }
  const wanted = toFamily(family)
  const own = isIP(hostname)
  const isKnown = own !== 0 || LOCAL.test(hostname)
  const known = own === 0 ? LOOPBACK : [{ address: hostname, family: own }]
  const found = isKnown
    ? known.filter((each) => wanted === 0 || each.family === wanted)
    : await lookUp(hostname, wanted, order === 'ipv6first')
  if (found.length === 0) throw dnsError('ENOTFOUND', 'getaddrinfo', hostname)
  return all ? found : found[0]!
}

/** Of both families, unless one is wanted; what one of them has not is nothing wrong. */
async function lookUp(hostname: string, wanted: number, isSixFirst: boolean): Promise<Found[]> {
  const families = ([4, 6] as const).filter((family) => wanted === 0 || wanted === family)
  const answers = await Promise.allSettled(
    families.map((family) => ask(hostname, family === 4 ? 'A' : 'AAAA', 'getaddrinfo')),
  )
  const found = answers.flatMap((answer, at) =>
    answer.status === 'fulfilled'
      ? answer.value.map(({ data }) => ({ address: data, family: families[at]! }))
      : [],
  )
  const failed = answers.find((answer) => answer.status === 'rejected')
  const { code } = (failed?.reason ?? {}) as { code?: string }
  if (found.length === 0 && failed !== undefined && code !== 'ENODATA' && code !== 'ENOTFOUND')
    throw failed.reason
  return isSixFirst ? found.toReversed() : found
}

const query =
  (type: RecordType, read: (answer: Answer) => unknown) =>
  async (hostname: string): Promise<unknown[]> => {
    requireString('name', hostname)
    const syscall = `query${type[0]}${type.slice(1).toLowerCase()}`
    return (await ask(hostname, type, syscall)).map(read)
  }

/** Addresses, with how long they hold where that is asked for. */
const queryAddresses =
  (type: 'A' | 'AAAA') =>
  async (hostname: string, options: { readonly ttl?: boolean } = {}): Promise<unknown[]> =>
    await query(type, ({ data, ttl }) => (options.ttl ? { address: data, ttl } : data))(hostname)

export const resolve4 = queryAddresses('A')
export const resolve6 = queryAddresses('AAAA')
export const resolveCaa = query('CAA', records.readCaa)
export const resolveCname = query('CNAME', records.readName)
export const resolveMx = query('MX', records.readMx)
export const resolveNaptr = query('NAPTR', records.readNaptr)
export const resolveNs = query('NS', records.readName)
export const resolvePtr = query('PTR', records.readName)
export const resolveSrv = query('SRV', records.readSrv)
export const resolveTlsa = query('TLSA', records.readTlsa)
export const resolveTxt = query('TXT', records.readTexts)
/** A name has one. */
export async function resolveSoa(hostname: string): Promise<unknown> {
  return (await query('SOA', records.readSoa)(hostname))[0]
}

const BY_TYPE: Readonly<Record<string, (hostname: string, options?: object) => Promise<unknown>>> = {
  A: resolve4,
  AAAA: resolve6,
  CAA: resolveCaa,
  CNAME: resolveCname,
  MX: resolveMx,
  NAPTR: resolveNaptr,
  NS: resolveNs,
  PTR: resolvePtr,
  SOA: resolveSoa,
  SRV: resolveSrv,
  TLSA: resolveTlsa,
  TXT: resolveTxt,
}

export async function resolve(hostname: string, type: unknown = 'A'): Promise<unknown> {
  if (typeof type !== 'string') throw invalidType('rrtype', 'of type string', type)
  if (type === 'ANY') return await resolveAny(hostname)
  if (!Object.hasOwn(BY_TYPE, type)) throw invalidValue('rrtype', 'is invalid', type)
  return await BY_TYPE[type]!(hostname)
}

/** Servers answer such a question with as little as they like (RFC 8482). */
export async function resolveAny(hostname: string): Promise<never> {
  throw dnsError('ENOTIMP', 'queryAny', hostname)
}

/** The names of an address. */
export async function reverse(address: string): Promise<unknown[]> {
  if (isIP(address) === 0) throw dnsError('EINVAL', 'getHostByAddr', address)
  return (await ask(toReverseName(address), 'PTR', 'getHostByAddr')).map(records.readName)
}

export async function lookupService(address: string, port: number): Promise<never> {
  throw dnsError('ENOTFOUND', 'getnameinfo', `${address}:${port}`)
}

function toReverseName(address: string): string {
  if (isIPv4(address)) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
  const digits = toNumber(address, 'ipv6').toString(16).padStart(32, '0')
  return `${digits.split('').toReversed().join('.')}.ip6.arpa`
}

export const getDefaultResultOrder = (): string => 'verbatim'
export const setDefaultResultOrder = (): void => {}
export const getServers = (): string[] => []
export const setServers = (): void => {}

const all = {
  lookup,
  lookupService,
  resolve,
  resolve4,
  resolve6,
  resolveAny,
  resolveCaa,
  resolveCname,
  resolveMx,
  resolveNaptr,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTlsa,
  resolveTxt,
  reverse,
}

/** One that asks the same server. */
export class Resolver {
  static {
    const { lookup: _lookup, lookupService: _service, ...queries } = all
    Object.assign(Resolver.prototype, queries, { getServers, setServers })
  }

  cancel(): void {}
  setLocalAddress(): void {}
}

export * from 'unenv/node/dns/promises'
export default {
  ...unenv.default,
  ...all,
  getDefaultResultOrder,
  setDefaultResultOrder,
  getServers,
  setServers,
  Resolver,
}
