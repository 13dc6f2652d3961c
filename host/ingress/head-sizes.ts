/**
 * What the raw headers of a request say about its size, in one pass, and whether that is more than an app takes. Pure.
 * Looks at the raw headers because Node makes `incoming.headers` only when somebody asks for it.
 */

import { CDN_LOOP, countHops } from '../http/cdn-loop.ts'
import type { Limits } from '../config/limits.ts'
import type { ErrorCode } from '../errors.ts'

/** The sizes of a request that its head tells. */
export interface HeadSizes {
  /** In bytes; 0 when there is no body, undefined when only its end will tell. */
  readonly bodySize: number | undefined
  /** A coding besides plain `chunked`: Node notices only when it reads the body. */
  readonly hasOddCoding: boolean
  /** The client offers to go on in another protocol. */
  readonly hasUpgrade: boolean
  /** On the wire, without the request line. */
  readonly headerBytes: number
  /** How often the request came through a server like this one. */
  readonly hops: number
}

/** More headers than this are refused whatever their size: Node stops collecting there. */
export const MAX_HEADERS = 256

/** How often a request may come through this server. */
export const MAX_HOPS = 16

const BYTES_PER_KB = 1024
const BYTES_PER_MB = 1024 * 1024
/** The colon, the space and the line's end of a header. */
const FIELD_BYTES = 4

/** `rawHeaders`: as Node has them. */
export function toHeadSizes(rawHeaders: readonly string[]): HeadSizes {
  let bodySize: number | undefined = 0
  let hasOddCoding = false
  let hasUpgrade = false
  let headerBytes = 0
  let hops = 0
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    const value = rawHeaders[i + 1]!
    headerBytes += name.length + value.length + FIELD_BYTES
    if (name.length === 14 && name.toLowerCase() === 'content-length') bodySize = Number(value)
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      hasOddCoding ||= bodySize === undefined || value.toLowerCase() !== 'chunked'
      bodySize = undefined
    } else if (name.length === CDN_LOOP.length && name.toLowerCase() === CDN_LOOP) hops += countHops(value)
    else if (name.length === 7 && name.toLowerCase() === 'upgrade') hasUpgrade = true
  }
  return { bodySize, hasOddCoding, hasUpgrade, headerBytes, hops }
}

/** What an app does not take of a request, if anything. `path`: path and query. */
export function toExcess(limits: Limits, head: HeadSizes, path: string): ErrorCode | undefined {
  if (path.length > limits.maxUrlKb * BYTES_PER_KB) return 'URL_TOO_LONG'
  if (head.headerBytes > limits.maxHeaderKb * BYTES_PER_KB) return 'HEADERS_TOO_LARGE'
  if (head.hasOddCoding) return 'REQUEST_INVALID'
  // a body of unknown size is a body
  if ((head.bodySize ?? 1) > toMaxBody(limits)) return 'BODY_TOO_LARGE'
  return head.hops >= MAX_HOPS ? 'LOOP_DETECTED' : undefined
}

/** The largest body that an app takes, in bytes. */
export function toMaxBody(limits: Limits): number {
  return limits.maxBodyMb * BYTES_PER_MB
}
