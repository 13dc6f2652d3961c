/**
 * A request's headers as the guest gets them: lines (http/header-lines.ts) in wire order, names in lower case. Node's
 * parser has refused CR, LF and NUL before this.
 *
 * Headers that are about this one connection stay behind, but for an offer of a WebSocket: the guest is not a party to it (RFC 9110 7.6.1). Those that a
 * Connection header names are, but for names that are for all recipients: the router and the guest see the same host.
 * What is said about who asks and how, the request's id and its trace included, comes from the host at the end, and a
 * client's own word on it counts for nothing unless the client is a proxy that the operator trusts; no Connection header
 * takes it away. What is no header begins with a colon, which no header's name holds, and comes first: `:cf`, for
 * `request.cf`.
 */

import { parseHeaderLines, toHeaderLines, toOnlyValue } from '../http/header-lines.ts'
import { isHopByHop, mayBeNamed } from '../http/hop-by-hop.ts'
import type { TlsFacts } from '../http/request-head.ts'
import { REQUEST_ID } from '../http/request-id.ts'
import { parseTrace, toTraceparent, TRACEPARENT, TRACESTATE } from '../http/trace-context.ts'
import type { TraceContext } from '../http/trace-context.ts'

/** How the request reached the host. */
export interface Peer {
  /** The other end of the connection. */
  readonly address: string
  /** It is a proxy whose word counts. */
  readonly isTrusted: boolean
  /** Of its connection to the host. */
  readonly scheme: 'http' | 'https'
}

/** What both of the trace's headers begin with. */
const TRACE = 'trace'

/** Said by the host itself, of what a trusted proxy says. */
const SAID_ONCE: ReadonlySet<string> = new Set([
  'x-forwarded-proto',
  'x-real-ip',
  'cf-connecting-ip',
  REQUEST_ID,
])

/** Besides `x-forwarded-...` and `cf-...`. */
const SAID_BY_PROXIES: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  REQUEST_ID,
  TRACEPARENT,
  TRACESTATE,
])

/** What the host says about a request and who asks. */
export interface RequestFacts {
  /** Of the request. */
  readonly id: string
  readonly scheme: 'http' | 'https'
  /** The client's address, or what stands for it. */
  readonly client: string
  /** As it is written in a request line. */
  readonly protocol: string
  readonly tls: TlsFacts | undefined
  /** It asks for a WebSocket, and may have one. */
  readonly isUpgrade?: boolean
}

/** `rawHeaders`: as Node has them. */
export function toGuestHeaders(
  rawHeaders: readonly string[],
  peer: Peer,
  { id, scheme, client, protocol, tls, isUpgrade = false }: RequestFacts,
): string {
  let named: Set<string> | undefined
  let lines = ''
  let ray = id
  let chain = ''
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    const value = rawHeaders[i + 1]!
    if (isHopByHop(name)) {
      if (name === 'connection') named = addNamed(named, value)
    } else if (!isSaidByProxies(name)) lines += toHeaderLines(name, value)
    else if (!peer.isTrusted) continue
    else if (name === 'x-forwarded-for') chain += `${value}, `
    else if (name === 'cf-ray') ray = value
    else if (!SAID_ONCE.has(name)) lines += toHeaderLines(name, value)
  }
  if (named !== undefined) lines = withoutNamed(lines, named)
  // what the connection offers is the app's to accept
  if (isUpgrade) lines += toHeaderLines('connection', 'Upgrade') + toHeaderLines('upgrade', 'websocket')
  const first = toHeaderLines(':cf', toCf(protocol, tls))
  lines += toHeaderLines('x-forwarded-for', chain + peer.address)
  lines += toHeaderLines('x-forwarded-proto', scheme) + toHeaderLines(REQUEST_ID, id)
  lines += toHeaderLines('x-real-ip', client) + toHeaderLines('cf-connecting-ip', client)
  return first + lines + toHeaderLines('cf-ray', ray)
}

/** What `request.cf` is, as JSON, with the names that it has in Workers. */
function toCf(httpProtocol: string, tls: TlsFacts | undefined): string {
  if (tls === undefined) return `{"httpProtocol":"${httpProtocol}"}`
  return JSON.stringify({ httpProtocol, tlsVersion: tls.version, tlsCipher: tls.cipher })
}

/** Header lines whose `traceparent` is this. */
export function withTraceparent(lines: string, context: TraceContext): string {
  const others = lines.includes(TRACE) ? withoutTrace(lines, context.traceId) : lines
  return others + toHeaderLines(TRACEPARENT, toTraceparent(context))
}

/** The state of the trace stays, that of another one does not. */
function withoutTrace(lines: string, traceId: string): string {
  const isSame = parseTrace(parseHeaderLines(lines) ?? [])?.traceId === traceId
  return withoutNamed(lines, new Set(isSame ? [TRACEPARENT] : [TRACEPARENT, TRACESTATE]))
}

/** The scheme that the client used: that of its connection, unless a proxy says another. One that names several is not believed. */
export function toScheme(rawHeaders: readonly string[], { isTrusted, scheme }: Peer): 'http' | 'https' {
  if (!isTrusted) return scheme
  const said = toOnlyValue(rawHeaders, 'x-forwarded-proto')?.toLowerCase()
  return said === 'http' || said === 'https' ? said : scheme
}

function isSaidByProxies(name: string): boolean {
  return name.startsWith('x-forwarded') || name.startsWith('cf-') || SAID_BY_PROXIES.has(name)
}

/** The headers that a Connection header takes away; the usual words name none. */
function addNamed(named: Set<string> | undefined, value: string): Set<string> | undefined {
  let set = named
  for (const token of value.toLowerCase().split(',')) {
    const name = token.trim()
    if (name === '' || name === 'keep-alive' || name === 'close') continue
    if (mayBeNamed(name) && !isSaidByProxies(name)) (set ??= new Set()).add(name)
  }
  return set
}

function withoutNamed(lines: string, named: ReadonlySet<string>): string {
  const list = parseHeaderLines(lines) ?? []
  let rest = ''
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (!named.has(list[i]!)) rest += toHeaderLines(list[i]!, list[i + 1]!)
  }
  return rest
}
