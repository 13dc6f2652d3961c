/**
 * `node:dns/promises`. Names are the host's to resolve, when an app fetches or connects, under the app's egress policy. What is known
 * without asking anybody is answered: addresses, and this machine's own name. Everything else is refused, and says what to do.
 */

import { coded } from '../http/coded.ts'
import { isIP } from '../net/addresses.ts'

export interface LookupOptions {
  readonly family?: 0 | 4 | 6 | 'IPv4' | 'IPv6'
  readonly all?: boolean
}

export interface Found {
  readonly address: string
  readonly family: number
}

const LOOPBACK: readonly Found[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]
const NOTIMP = 'ENOTIMP'
/** This machine, whatever its name servers say (RFC 6761). */
const LOCAL = /^(?:[^.]+\.)*localhost\.?$/i

function toRefusal(syscall: string, hostname: unknown): Error {
  const text =
    `${syscall} ${NOTIMP} ${String(hostname)}: names are resolved by the host when an app fetches or connects; ` +
    'give the name itself to fetch(), connect() or node:net'
  return Object.assign(coded(NOTIMP, new Error(text)), { syscall, hostname })
}

const toFamily = (family: LookupOptions['family']): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0)

export async function lookup(
  hostname: string,
  options: LookupOptions | LookupOptions['family'] = {},
): Promise<Found | Found[]> {
  const { family, all = false } = typeof options === 'object' ? options : { family: options }
  const own = isIP(hostname)
  const known = own === 0 ? (LOCAL.test(hostname) ? LOOPBACK : []) : [{ address: hostname, family: own }]
  const wanted = toFamily(family)
  const found = known.filter((each) => wanted === 0 || each.family === wanted)
  if (found.length === 0) throw toRefusal('getaddrinfo', hostname)
  return all ? found : found[0]!
}

const refuse =
  (syscall: string) =>
  async (hostname?: unknown): Promise<never> => {
    throw toRefusal(syscall, hostname)
  }

export const lookupService = refuse('getnameinfo')
export const resolve = refuse('queryA')
export const resolve4 = refuse('queryA')
export const resolve6 = refuse('queryAaaa')
export const resolveAny = refuse('queryAny')
export const resolveCaa = refuse('queryCaa')
export const resolveCname = refuse('queryCname')
export const resolveMx = refuse('queryMx')
export const resolveNaptr = refuse('queryNaptr')
export const resolveNs = refuse('queryNs')
export const resolvePtr = refuse('queryPtr')
export const resolveSoa = refuse('querySoa')
export const resolveSrv = refuse('querySrv')
export const resolveTlsa = refuse('queryTlsa')
export const resolveTxt = refuse('queryTxt')
export const reverse = refuse('getHostByAddr')

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

/** One that asks nobody either. */
export class Resolver {
  static {
    const { lookup: _lookup, lookupService: _service, ...queries } = all
    Object.assign(Resolver.prototype, queries, { getServers, setServers })
  }

  cancel(): void {}
  setLocalAddress(): void {}
}

export default { ...all, getDefaultResultOrder, setDefaultResultOrder, getServers, setServers, Resolver }
