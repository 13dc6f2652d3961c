/**
 * What tells one client of an app from another where two of its versions share the requests: a header or a cookie that the
 * app's settings name, or, without one or in a request that lacks it, the client's address as the ingress knows it. Pure.
 */

import { parse } from 'hono/utils/cookie'

import { toValues } from './header-lines.ts'

/** Where the key stands in a request. */
export interface StickyBy {
  readonly type: 'header' | 'cookie'
  /** Of a header: in lower case. */
  readonly name: string
}

/** A name of a header or cookie: RFC 9110's token. */
const STICKY_BY = /^(header|cookie):([\w!#$%&'*+.^`|~-]+)$/

/** Read `header:X-User` or `cookie:session`. */
export function parseStickyBy(text: string): StickyBy | undefined {
  const [, type, name] = STICKY_BY.exec(text) ?? []
  if (name === undefined) return undefined
  return type === 'header' ? { type, name: name.toLowerCase() } : { type: 'cookie', name }
}

/** The key of a request; undefined: it has none. */
export function toStickyKey({ type, name }: StickyBy, rawHeaders: readonly string[]): string | undefined {
  if (type === 'header') return toValues(rawHeaders, name)[0] || undefined
  return parse(toValues(rawHeaders, 'cookie').join('; '), name)[name] || undefined
}
