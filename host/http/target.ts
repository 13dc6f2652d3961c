/**
 * Which host a request is for. The one place that decides it, for the router and for the URL that the app sees alike
 * (RFC 9112 3.2, 3.3; RFC 9110 7.2). Refused, never repaired: no or several Host headers, anything in it that is not
 * a host name with an optional port, and an absolute-form target that names another host than the Host header.
 */

import { toOnlyValue } from './header-lines.ts'
import { toHostName } from './host-name.ts'

type Scheme = 'http' | 'https'

/** Where a request goes. */
export interface Target {
  /** The router's key: canonical host name without port. */
  readonly hostname: string
  /** The absolute URL that the app sees: the client's host and port, and the path as a URL writes it. */
  readonly url: string
  /** Of the URL. */
  readonly scheme: Scheme
  /** Of the URL: path and query. */
  readonly path: string
}

/** A host as it was given, and the same with its port when that says something. */
interface Authority {
  readonly hostname: string
  readonly text: string
}

const AUTHORITY = /^([^:@/?#\\]+|\[[^\]@/?#\\]*\])(?::(\d{0,5}))?$/
const ORIGIN_FORM = /^\/[\x21-\x7e]*$/
const ABSOLUTE_FORM = /^https?:\/\/([^/?#\\]*)([\x21-\x7e]*)$/i
/** What a URL writes in another way than it may be sent. */
const ODD_PATH = /["'<>\\^`{|}]|\/\.|\.\.|%2e/i
const FRAGMENT = /#.*$/
const HIGHEST_PORT = 65535
const DEFAULT_PORTS = { http: 80, https: 443 } as const

/**
 * Where a request goes, or which of the client's errors it is. `requestTarget`: what stands in the request line;
 * `scheme`: what the client used.
 */
export function parseTarget(
  rawHeaders: readonly string[],
  requestTarget: string,
  scheme: Scheme = 'http',
): Target | 'HOST_INVALID' | 'REQUEST_INVALID' {
  const host = toOnlyValue(rawHeaders, 'host')
  const authority = host === undefined ? undefined : parseAuthority(host, scheme)
  if (authority === undefined) return 'HOST_INVALID'
  if (ORIGIN_FORM.test(requestTarget)) {
    return toResult(authority, requestTarget, scheme)
  }
  const absolute = ABSOLUTE_FORM.exec(requestTarget)
  if (absolute === null) return 'REQUEST_INVALID'
  const named = parseAuthority(absolute[1] ?? '', scheme)
  if (named === undefined || named.text !== authority.text) return 'HOST_INVALID'
  const path = absolute[2] ?? ''
  return toResult(named, path.startsWith('/') ? path : `/${path}`, scheme)
}

function toResult({ hostname, text }: Authority, target: string, scheme: Scheme): Target {
  // a fragment is nothing that a client sends
  const path = target.replace(FRAGMENT, '')
  const url = `${scheme}://${text}${path}`
  return { hostname, url: ODD_PATH.test(path) ? new URL(url).href : url, scheme, path }
}

function parseAuthority(text: string, scheme: Scheme): Authority | undefined {
  const match = AUTHORITY.exec(text)
  if (match === null) return undefined
  const hostname = toHostName(match[1]!)
  if (hostname === undefined) return undefined
  const port = match[2] ?? ''
  if (port === '') return { hostname, text: hostname }
  const number = Number(port)
  if (number > HIGHEST_PORT) return undefined
  return { hostname, text: number === DEFAULT_PORTS[scheme] ? hostname : `${hostname}:${number}` }
}
