/**
 * What of a request, besides its URL, tells its response from others, although no `Vary` says so: headers that frameworks take
 * for a part of the URL or the method, and `Origin`, to which many answer without a word about it. Whoever sends one of them
 * gets, and leaves behind, responses of its own. Cloudflare has the same list. Pure.
 */

import { parseHeaderLines, toHeaderLines, toNameTest } from '../http/header-lines.ts'

const KEYED: ReadonlySet<string> = new Set([
  'origin',
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-scheme',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
])

const hasKeyed = toNameTest(KEYED)

/** Names the part of a cache where a request with these headers looks; most requests have the same one. */
export function toDoor(headers: string): string {
  if (!hasKeyed(headers)) return ''
  const list = parseHeaderLines(headers) ?? []
  let door = ''
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (KEYED.has(list[i]!)) door += toHeaderLines(list[i]!, list[i + 1]!)
  }
  return door
}
