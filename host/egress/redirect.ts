/**
 * Where a redirect leads and what goes there (the steps of "HTTP-redirect fetch" of the Fetch standard). Pure; whether
 * the next host may be reached is the policy's to say, as for every request.
 *
 * Holds: only http and https, no user name and password; what was meant for one origin is not told to another; a body
 * goes out again only when it is whole.
 */
import type { ReadableStream } from 'node:stream/web'

/** One request of a fetch. */
export interface Hop {
  readonly url: string
  readonly method: string
  readonly headers: readonly [string, string][]
  /** A stream goes out once. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Headers that are about a body. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
])

/** Headers that are for one origin. */
const OF_ORIGIN: ReadonlySet<string> = new Set(['authorization', 'cookie', 'host', 'proxy-authorization'])

/** Whether an answer sends the fetch elsewhere, if it says where. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status)
}

/** The next request; throws a `TypeError` with what is wrong when there is none. `location` as the header has it. */
export function toNextHop(hop: Hop, status: number, location: string): Hop {
  const url = URL.parse(toText(location), hop.url)
  if (url === null) throw new TypeError('a redirect leads to no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError('a redirect leads to a scheme that is not http or https')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('a redirect leads to a URL with a user name or password')
  }
  const { method, body } = hop
  if (status !== 303 && body !== undefined && !(body instanceof Uint8Array)) {
    throw new TypeError('a body that is a stream cannot be sent again for a redirect')
  }
  const isGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status <= 302 && method === 'POST'
  const isElsewhere = url.origin !== new URL(hop.url).origin
  const headers = hop.headers.filter(([name]) => {
    const lower = name.toLowerCase()
    return !(isGet && OF_BODY.has(lower)) && !(isElsewhere && OF_ORIGIN.has(lower))
  })
  return isGet
    ? { url: url.href, method: 'GET', headers, body: undefined }
    : { url: url.href, method, headers, body }
}

/** Header values are bytes, one a character; a location beyond ASCII is meant as UTF-8. */
function toText(location: string): string {
  return Buffer.from(location, 'latin1').toString('utf8')
}
