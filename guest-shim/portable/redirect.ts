/** Where a redirect leads and what goes there: "HTTP-redirect fetch" of the Fetch standard, as NANO's host does it. */

/** One request of a fetch. */
export interface Hop {
  readonly url: string
  readonly method: string
  readonly headers: readonly [name: string, value: string][]
  /** Undefined: there is none, or it goes out once. */
  readonly body: Uint8Array | undefined
  readonly length: string | undefined
}

export const MOST_REDIRECTS = 20

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const OF_BODY = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
])
const OF_ORIGIN = new Set(['authorization', 'cookie', 'proxy-authorization'])

export const isRedirect = (status: number): boolean => REDIRECTS.has(status)

/** Throws what is wrong with it. `location`: bytes, one a character. */
export function toNextHop(hop: Hop, status: number, location: string): Hop {
  const bytes = Uint8Array.from(location, (char) => char.charCodeAt(0))
  const url = parse(new TextDecoder().decode(bytes), hop.url)
  if (url === undefined) throw new TypeError('a redirect leads to no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError('a redirect leads to a scheme that is not http or https')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('a redirect leads to a URL with a user name or password')
  }
  const { method } = hop
  const isGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status <= 302 && method === 'POST'
  if (!isGet && hop.body === undefined && hop.length !== undefined) {
    throw new TypeError('a body that is a stream cannot be sent again for a redirect')
  }
  const isElsewhere = url.origin !== new URL(hop.url).origin
  const headers = hop.headers.filter(
    ([name]) => !(isGet && OF_BODY.has(name)) && !(isElsewhere && OF_ORIGIN.has(name)),
  )
  return isGet
    ? { url: url.href, method: 'GET', headers, body: undefined, length: undefined }
    : { ...hop, url: url.href, headers }
}

function parse(url: string, base: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}
