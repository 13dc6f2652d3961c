/** How far what was written to a connection is on its way. */

import type { Socket } from 'node:net'

/** Node's own handle of a socket: there is no other way to ask what the system has taken of a write. */
type WithHandle = Socket & { _handle?: { writeQueueSize?: number } | null }

/** A number that changes whenever the system takes bytes. */
export function toSent(socket: Socket): number {
  // oxlint-disable-next-line no-underscore-dangle -- as above
  const queued = (socket as WithHandle)._handle?.writeQueueSize ?? 0
  return socket.bytesWritten - socket.writableLength - queued
}
