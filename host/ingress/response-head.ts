/**
 * The firewall between a guest's response head and the socket. A guest's bytes are data: what it says about framing or
 * the connection is dropped, what could break out of a header line makes the whole response invalid. Pure.
 *
 * Two lines are no headers, and have a colon before their names: `:reason`, the text behind the status, and `:length`,
 * the bytes that a stream is going to have. Whoever sends the stream holds the guest to it.
 */

import { isHeaderValue, readGuestLines } from '../http/guest-lines.ts'
import { isHopByHop } from '../http/hop-by-hop.ts'
import { REQUEST_ID } from '../http/request-id.ts'

/** More header bytes than this and the response is invalid. */
const MAX_HEADER_BYTES = 128 * 1024

/** A head that may go to the socket. */
export interface ResponseHead {
  /** A list (http/header-lines.ts), as Node takes it. */
  readonly headers: string[]
  /** What the guest gave as content-length when it is a plain number; only an answer to HEAD may use it. */
  readonly claimedLength: string | undefined
  /** What stands behind the status, if it is not the usual. */
  readonly reason: string | undefined
  /** How many bytes a stream is going to have, if the guest knows. */
  readonly length: string | undefined
}

/** Of an answer that is a WebSocket. */
export const UPGRADED = 101

const LENGTH = /^\d{1,15}$/
/** Written by the host alone, besides the hop-by-hop headers. */
const HOST_OWNED: ReadonlySet<string> = new Set(['content-length', 'date', REQUEST_ID, 'x-powered-by'])

/** The checked head, or in a string why there is none. `bytes`: UTF-8 of header lines. */
export function parseResponseHead(status: number, bytes: Uint8Array): ResponseHead | string {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    return `expected a status from 200 to 599, got ${status}`
  return parseHeaders(bytes)
}

/** The same of an answer whose status is not in doubt. */
export function parseHeaders(bytes: Uint8Array): ResponseHead | string {
  if (bytes.byteLength > MAX_HEADER_BYTES)
    return `expected at most ${MAX_HEADER_BYTES} bytes of headers, got ${bytes.byteLength}`
  if (bytes.byteLength === 0)
    return { headers: [], claimedLength: undefined, reason: undefined, length: undefined }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const lines = readGuestLines(text)
  if (typeof lines === 'string') return lines
  const headers: string[] = []
  let claimedLength: string | undefined
  for (let i = 0; i + 1 < lines.headers.length; i += 2) {
    const name = lines.headers[i]!
    const value = lines.headers[i + 1]!
    const lower = name.toLowerCase()
    if (lower === 'content-length' && LENGTH.test(value)) claimedLength = value
    if (!HOST_OWNED.has(lower) && !isHopByHop(lower)) headers.push(name, value)
  }
  const [reason, length] = [lines.others.get(':reason'), lines.others.get(':length')]
  return {
    headers,
    claimedLength,
    reason: reason !== undefined && isHeaderValue(reason) ? reason : undefined,
    length: length !== undefined && LENGTH.test(length) ? length : undefined,
  }
}
