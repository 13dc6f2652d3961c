/** `node:net`: an app's own connections. It has no servers. */

import unenv, { BlockList, createServer, Server, SocketAddress } from 'unenv/node/net'
import { isIP, isIPv4, isIPv6 } from './net/addresses.ts'
import { Socket, toConnectArguments } from './net/socket.ts'

/** Connects. The options are those of Node.js that bear on it. */
export function connect(...args: unknown[]): Socket {
  const { options } = toConnectArguments(args)
  return new Socket(options).connect(...args)
}

export const createConnection = connect
export const getDefaultAutoSelectFamily = (): boolean => true
export const setDefaultAutoSelectFamily = (): void => {}

export { BlockList, createServer, Server, SocketAddress, isIP, isIPv4, isIPv6, Socket, Socket as Stream }

export default {
  ...unenv,
  Socket,
  Stream: Socket,
  connect,
  createConnection,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  isIP,
  isIPv4,
  isIPv6,
}
