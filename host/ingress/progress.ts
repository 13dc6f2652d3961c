/** How far what was written to a connection is on its way. */

import type { Socket } from 'node:net'

/** Node's own handle of a connection. */
interface Handle {
  readonly bytesWritten?: number
  /** What the system has not taken yet. */
  readonly writeQueueSize?: number
  /** Of an encrypted connection: that of the one beneath. What waits in there is not counted above it. */
  readonly _parent?: Handle
}

/** There is no other way to ask what the system has taken of a write. */
type WithHandle = Socket & { _handle?: Handle | null }

/** A number that changes whenever the system takes bytes. */
export function toSent(socket: Socket): number {
  // oxlint-disable-next-line no-underscore-dangle -- as above
  const handle = (socket as WithHandle)._handle
  // oxlint-disable-next-line no-underscore-dangle -- as above
  const beneath = handle?._parent
  if (beneath !== undefined) return (beneath.bytesWritten ?? 0) - (beneath.writeQueueSize ?? 0)
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0)
}
