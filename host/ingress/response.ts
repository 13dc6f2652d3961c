/**
 * The one place that writes a response. Framing is the host's: Content-Length computed for a whole body, chunked for a
 * streamed one, nothing after a head that allows no body. Every function may be called for a response whose client has
 * gone. `closing` is set while the server drains: each answer then ends its connection.
 */

import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { boundUnsentWrites } from '../egress/unsent-writes.ts'
import { toClientBody, toStatus } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Connection } from './connection.ts'
import { linger } from './linger.ts'
import { parseResponseHead } from './response-head.ts'

/** What all responses of one server share. */
export interface Responder {
  closing: boolean
}

/** How a streamed response began. */
export type Started = 'streaming' | 'no-body'

/** A body up to this size goes out as one string with its head: one write instead of two. */
const ONE_WRITE_BYTES = 4096
const MS_PER_SECOND = 1000
const JSON_TYPE = 'application/json; charset=utf-8'

/** A whole response. In a string: why nothing was sent. */
export function sendWhole(
  responder: Responder,
  outgoing: ServerResponse,
  status: number,
  headers: Uint8Array,
  body: Uint8Array,
): string | undefined {
  const head = parseResponseHead(status, headers)
  if (typeof head === 'string') return head
  const size = body.byteLength
  const isHead = outgoing.req.method === 'HEAD'
  if (isHead && size === 0 && head.claimedLength !== undefined) {
    head.headers.push('Content-Length', head.claimedLength)
  } else if (mayDeclareLength(status)) {
    head.headers.push('Content-Length', status === 205 ? '0' : String(size))
  }
  writeHead(outgoing, status, head.headers, responder.closing)
  if (isHead || size === 0 || !mayHaveBody(status)) outgoing.end()
  else if (size <= ONE_WRITE_BYTES) {
    outgoing.end(Buffer.from(body.buffer, body.byteOffset, size).toString('latin1'), 'latin1')
  } else outgoing.end(body)
  return undefined
}

/** The head of a streamed response. Any other string than a `Started`: why nothing was sent. */
export function startStream(
  responder: Responder,
  outgoing: ServerResponse,
  status: number,
  headers: Uint8Array,
): Started | { readonly refused: string } {
  const head = parseResponseHead(status, headers)
  if (typeof head === 'string') return { refused: head }
  const bodyless = outgoing.req.method === 'HEAD' || !mayHaveBody(status)
  if (status === 205) head.headers.push('Content-Length', '0')
  else if (outgoing.req.method === 'HEAD' && head.claimedLength !== undefined && mayDeclareLength(status)) {
    head.headers.push('Content-Length', head.claimedLength)
  }
  writeHead(outgoing, status, head.headers, responder.closing)
  if (bodyless) {
    outgoing.end()
    return 'no-body'
  }
  boundUnsentWrites(outgoing)
  // a head without a body chunk in the same turn must not wait for one
  process.nextTick(flushHead, outgoing)
  return 'streaming'
}

/** What goes with an answer of NANO's own. */
export interface ErrorNotes {
  /** The request's id, by which its line in the log is found. */
  readonly request?: string
  /** When the client may try again. */
  readonly retryMs?: number | undefined
  /** Given: the connection ends with this answer. */
  readonly ends?: Connection | undefined
}

/** An answer of NANO's own; cuts the connection when another answer has begun. */
export function sendError(
  responder: Responder,
  outgoing: ServerResponse,
  code: ErrorCode,
  { request, retryMs, ends }: ErrorNotes = {},
): void {
  if (outgoing.headersSent) {
    cut(outgoing)
    return
  }
  const body = toClientBody(code)
  const headers = ['Content-Type', JSON_TYPE, 'Content-Length', String(Buffer.byteLength(body))]
  if (request !== undefined) headers.push('X-Request-Id', request)
  if (retryMs !== undefined) headers.push('Retry-After', String(Math.ceil(retryMs / MS_PER_SECOND)))
  if (ends !== undefined) endAfterAnswer(outgoing.req.socket, ends)
  writeHead(outgoing, toStatus(code), headers, responder.closing || ends !== undefined)
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body)
}

/**
 * An answer on a connection whose request could not be parsed, and the end of that connection. Requests before it that
 * came whole are answered first.
 */
export function rejectConnection(socket: Socket, connection: Connection, code: ErrorCode): void {
  if (connection.isEnding) return
  connection.isEnding = true
  reject(socket, code)
}

function reject(socket: Socket, code: ErrorCode): void {
  const open = toOpenResponse(socket)
  if (open?.req.complete === true) {
    open.once('close', () => reject(socket, code))
    return
  }
  // it has had its end with one of those
  if (!socket.writable) return
  if (open?.headersSent === true) return void socket.destroy()
  const status = toStatus(code)
  const body = toClientBody(code)
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${JSON_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  linger(socket)
}

/** A request that came whole has no whole answer yet. */
export function isAnswering(socket: Socket): boolean {
  return toOpenResponse(socket)?.req.complete === true
}

/** Let the connection end with the answers that are due; what else comes on it counts for nothing. */
export function endAfterAnswer(socket: Socket, connection: Connection): void {
  connection.isEnding = true
  // what Node calls after the last response
  socket.destroySoon = () => linger(socket)
}

/** End a connection in the middle of an answer. A response that is out does not have its socket any more. */
export function cut(outgoing: ServerResponse): void {
  outgoing.req.socket.destroy()
}

/** End a connection whose request went wrong after its answer had begun. */
export function endEarly(outgoing: ServerResponse, connection: Connection): void {
  if (outgoing.writableFinished && !connection.isEnding) {
    connection.isEnding = true
    linger(outgoing.req.socket)
  } else cut(outgoing)
}

function writeHead(outgoing: ServerResponse, status: number, headers: string[], closes: boolean): void {
  if (closes) headers.push('Connection', 'close')
  outgoing.strictContentLength = true
  outgoing.writeHead(status, headers)
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

/** The response whose turn it is on the socket. As Node's own handler looks it up. */
function toOpenResponse(
  socket: Socket & { _httpMessage?: ServerResponse | null },
): ServerResponse | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Node's own name, and there is no other way to ask
  return socket._httpMessage ?? undefined
}
