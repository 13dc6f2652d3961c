/** The ends of a connection, by what has gone wrong and how much of an answer is out. linger.ts has the last step. */

import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { toClientBody, toStatus } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Connection } from './connection.ts'
import { linger } from './linger.ts'

/** The type of what NANO itself answers. */
export const JSON_TYPE = 'application/json; charset=utf-8'

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
  // the answer before this one ended it already
  if (!socket.writable) return
  if (open?.headersSent === true) return void socket.destroy()
  writeRejection(socket, code)
}

/** An answer on a connection on which nothing else is being said, and its end. */
export function writeRejection(socket: Socket, code: ErrorCode): void {
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

/** End the connection after the answers that are due; what else arrives on it is dropped. */
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

/** The response whose turn it is on the socket. As Node's own handler looks it up. */
function toOpenResponse(
  socket: Socket & { _httpMessage?: ServerResponse | null },
): ServerResponse | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Node's own name, and there is no other way to ask
  return socket._httpMessage ?? undefined
}
