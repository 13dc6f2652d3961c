/**
 * The one place that writes a response. Framing is the host's: Content-Length computed for a whole body, chunked for a
 * streamed one, nothing after a head that allows no body. Every function may be called for a response whose client has
 * gone.
 */

import type { ServerResponse } from 'node:http'

import { boundUnsentWrites } from '../egress/unsent-writes.ts'
import { toClientBody, toStatus } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { cut, endAfterAnswer, JSON_TYPE } from './connection-end.ts'
import type { Connection } from './connection.ts'
import type { IngressState } from './contract.ts'
import { parseResponseHead } from './response-head.ts'

type Ingress = Pick<IngressState, 'isDraining'>

/** A body up to this size goes out as one string with its head: one write instead of two. */
const ONE_WRITE_BYTES = 4096
const MS_PER_SECOND = 1000

/** A whole response. `request`: its id. Gives the bytes of the body that are sent; in a string: why nothing was sent. */
export function sendWhole(
  ingress: Ingress,
  outgoing: ServerResponse,
  status: number,
  headers: Uint8Array,
  body: Uint8Array,
  request: string,
): number | string {
  const head = parseResponseHead(status, headers)
  if (typeof head === 'string') return head
  const size = body.byteLength
  const isHead = outgoing.req.method === 'HEAD'
  const claimed = head.claimedLength ?? head.length
  if (isHead && size === 0 && claimed !== undefined) {
    head.headers.push('Content-Length', claimed)
  } else if (mayDeclareLength(status) && !(isHead && size === 0)) {
    // what GET would have is not known of a HEAD's empty body (RFC 9110 8.6)
    head.headers.push('Content-Length', status === 205 ? '0' : String(size))
  }
  writeHead(outgoing, status, { ...head, request, closes: ingress.isDraining })
  if (isHead || size === 0 || !mayHaveBody(status)) {
    outgoing.end()
    return 0
  }
  if (size <= ONE_WRITE_BYTES) {
    outgoing.end(Buffer.from(body.buffer, body.byteOffset, size).toString('latin1'), 'latin1')
  } else outgoing.end(body)
  return size
}

/** What became of the head of a streamed response. */
export type Started =
  /** `length`: the bytes that were announced. */
  | { readonly state: 'streaming'; readonly length: number | undefined }
  /** It is complete, for it has no body. */
  | { readonly state: 'unread' }
  /** Nothing was sent. */
  | { readonly state: 'refused'; readonly reason: string }

/** The head of a streamed response. */
export function startStream(
  ingress: Ingress,
  outgoing: ServerResponse,
  status: number,
  headers: Uint8Array,
  request: string,
): Started {
  const head = parseResponseHead(status, headers)
  if (typeof head === 'string') return { state: 'refused', reason: head }
  const isHead = outgoing.req.method === 'HEAD'
  const length = isHead ? (head.claimedLength ?? head.length) : head.length
  if (status === 205) head.headers.push('Content-Length', '0')
  else if (length !== undefined && mayDeclareLength(status)) head.headers.push('Content-Length', length)
  writeHead(outgoing, status, { ...head, request, closes: ingress.isDraining })
  if (isHead || !mayHaveBody(status)) {
    outgoing.end()
    return { state: 'unread' }
  }
  boundUnsentWrites(outgoing)
  // a head without a body chunk in the same turn must not wait for one
  process.nextTick(flushHead, outgoing)
  return { state: 'streaming', length: length === undefined ? undefined : Number(length) }
}

/** What goes with an answer of NANO's own. */
export interface ErrorNotes {
  /** The request's id, by which its line in the log is found. */
  readonly request: string
  /** When the client may try again. */
  readonly retryMs?: number | undefined
  /** Given: the connection ends with this answer. */
  readonly ends?: Connection | undefined
}

/** An answer of NANO's own; cuts the connection when another answer has begun. Gives the bytes of its body. */
export function sendError(
  ingress: Ingress,
  outgoing: ServerResponse,
  code: ErrorCode,
  { request, retryMs, ends }: ErrorNotes,
): number {
  if (outgoing.headersSent) {
    cut(outgoing)
    return 0
  }
  const body = toClientBody(code)
  const headers = ['Content-Type', JSON_TYPE, 'Content-Length', String(Buffer.byteLength(body))]
  if (retryMs !== undefined) headers.push('Retry-After', String(Math.ceil(retryMs / MS_PER_SECOND)))
  if (ends !== undefined) endAfterAnswer(outgoing.req.socket, ends)
  const closes = ingress.isDraining || ends !== undefined
  writeHead(outgoing, toStatus(code), { headers, request, closes })
  if (outgoing.req.method === 'HEAD') {
    outgoing.end()
    return 0
  }
  outgoing.end(body)
  return Buffer.byteLength(body)
}

function writeHead(
  outgoing: ServerResponse,
  status: number,
  {
    headers,
    reason,
    request,
    closes,
  }: {
    readonly headers: string[]
    readonly reason?: string | undefined
    readonly request: string
    readonly closes: boolean
  },
): void {
  headers.push('X-Request-ID', request)
  if (closes) headers.push('Connection', 'close')
  outgoing.strictContentLength = true
  if (reason === undefined) outgoing.writeHead(status, headers)
  else outgoing.writeHead(status, reason, headers)
}

function flushHead(outgoing: ServerResponse): void {
  if (!outgoing.destroyed && !outgoing.writableEnded) outgoing.flushHeaders()
}

function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304
}

function mayDeclareLength(status: number): boolean {
  return status !== 204 && status !== 304
}
