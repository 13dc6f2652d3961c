/**
 * The header by which a request that comes back to the server that made it is recognised (RFC 8586). Every outbound
 * fetch of an app carries the loop of the request that it was made for, and this server's name once more; no app can
 * take it off. Pure.
 */

import { parseHeaderLines, toValues } from './header-lines.ts'

/** The header, in lower case. */
export const CDN_LOOP = 'cdn-loop'

/** This server's name in it. */
const ID = 'nano-workers'

/**
 * How often a value says that its request went through this server. Quotes are not honoured: one that is left open
 * would hide what follows, and to count too many is the safe mistake.
 */
export function countHops(value: string): number {
  let hops = 0
  for (const entry of value.split(',')) {
    const [id = ''] = entry.split(';', 1)
    if (id.trim().toLowerCase() === ID) hops++
  }
  return hops
}

/** The value for a fetch on behalf of a request with these headers. */
export function nextLoop(headerLines: string): string {
  if (!headerLines.includes(CDN_LOOP)) return ID
  return [...toValues(parseHeaderLines(headerLines) ?? [], CDN_LOOP), ID].join(', ')
}
