/**
 * The end of a connection whose client may still be sending. To close a socket with unread bytes resets the connection,
 * and a reset can overtake the answer; so the server's side is closed, what comes is thrown away unparsed, and the
 * socket goes when the client has closed too, after a while, or after too many bytes.
 */

import type { Socket } from 'node:net'

const LOOK_MS = 50
const LINGER_MS = 2000
const LINGER_BYTES = 16 * 1024 * 1024

/** Nothing must be written afterwards. */
export function linger(socket: Socket): void {
  if (socket.destroyed) return
  const before = socket.bytesRead
  let looks = 0
  const timer = setInterval(() => {
    const isLong = ++looks * LOOK_MS >= LINGER_MS
    if (isLong || socket.bytesRead - before > LINGER_BYTES) socket.destroy()
  }, LOOK_MS)
  socket.once('close', () => clearInterval(timer))
  socket.end()
  socket.resume()
  // each request in it would be kept until the end; but the parser, which has stopped it, has to start it first
  process.nextTick(() => socket.removeAllListeners('data').on('data', () => {}))
}
