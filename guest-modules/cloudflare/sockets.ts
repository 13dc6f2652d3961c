/** `cloudflare:sockets`: TCP connections, where the app's egress policy lets them go. */

import { toAddress, toOptions } from './sockets/address.ts'
import { makeSocket, type Socket } from './sockets/socket.ts'

/** Connects; what comes of it says `opened`. `address`: `{ hostname, port }`, or a text such as `db.example:5432`. */
export function connect(address: unknown, options?: unknown): Socket {
  return makeSocket(toAddress(address), toOptions(options))
}

export default { connect }
