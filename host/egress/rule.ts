/**
 * One entry of an allow or deny list: a host name (`api.example.com`), all names below one (`*.example.com`), an
 * address or a range of addresses (`10.0.0.0/8`); names and single addresses may end in `:port`. Pure. Names are
 * compared in the one spelling that URL gives them: lower case, punycode, here without the trailing dot.
 */
import { isIPv6 } from 'node:net'
import { type Network, parseNetwork } from '../http/address.ts'

/** Where a connection is to go, as its URL says. */
export interface Target {
  /** Canonical; an IPv6 address without brackets. */
  readonly hostname: string
  readonly port: number
}

/** An entry that has been read. */
export type Rule =
  | {
      readonly kind: 'host'
      readonly name: string
      readonly below: boolean
      readonly port: number | undefined
    }
  | { readonly kind: 'network'; readonly network: Network; readonly port: number | undefined }

const ENTRY = /^(?<star>\*\.)?(?<host>\[[0-9a-f:.]+\]|[^:/?#@%\\*[\]\s]+)(?::(?<port>\d{1,5}))?$/i
/** What a URL may have as its host. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[^:/?#@%\\*[\]\s]{1,255})$/i
const MAX_PORT = 65_535

/** Where a URL of http or https leads to. */
export function toTarget({ protocol, hostname, port }: URL): Target {
  return { hostname: toBare(hostname), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

/** What an app names to connect to; `undefined` when it is no host and port. The host gets the spelling of a URL. */
export function parseTarget(hostname: string, port: number): Target | undefined {
  const isPort = Number.isInteger(port) && port >= 1 && port <= MAX_PORT
  const host = isIPv6(hostname) ? `[${hostname}]` : hostname
  const url = isPort && HOST.test(host) ? URL.parse(`http://${host}/`) : null
  if (url === null || url.port !== '') return undefined
  const bare = toBare(url.hostname)
  return bare === '' ? undefined : { hostname: bare, port }
}

/** Read an entry; `undefined` when it is none. */
export function parseRule(text: string): Rule | undefined {
  const plain = parseNetwork(text)
  if (plain !== undefined) return { kind: 'network', network: plain, port: undefined }
  const { star, host, port: digits } = ENTRY.exec(text)?.groups ?? {}
  const url = host === undefined ? null : URL.parse(`http://${host}/`)
  const port = digits === undefined ? undefined : Number(digits)
  if (url === null || (port !== undefined && (port < 1 || port > MAX_PORT))) return undefined
  const name = toBare(url.hostname)
  const network = parseNetwork(name)
  if (network !== undefined) return star === undefined ? { kind: 'network', network, port } : undefined
  return name === '' ? undefined : { kind: 'host', name, below: star !== undefined, port }
}

/** Whether an entry names a target's host, whatever address that has. */
export function namesHost(rule: Extract<Rule, { kind: 'host' }>, { hostname, port }: Target): boolean {
  if (rule.port !== undefined && rule.port !== port) return false
  if (!rule.below) return hostname === rule.name
  return hostname.endsWith(`.${rule.name}`) && !hostname.startsWith('.')
}

function toBare(hostname: string): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}
