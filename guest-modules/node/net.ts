/** `node:net`: an app's own connections. It has no servers. */

import unenv, { BlockList, createServer, Server, SocketAddress } from 'unenv/node/net'
import { isIP, isIPv4, isIPv6 } from './net/addresses.ts'
import { Socket, toConnectArguments } from './net/socket.ts'

/** Connects. The options are those of Node.js that bear on it. */
function connect(...args: unknown[]): Socket {
  const { options } = toConnectArguments(args)
  return new Socket(options).connect(...args)
}

export const getDefaultAutoSelectFamily = (): boolean => true
export const setDefaultAutoSelectFamily = (): void => {}

export {
  connect,
  connect as createConnection,
  BlockList,
  createServer,
  Server,
  SocketAddress,
  isIP,
  isIPv4,
  isIPv6,
  Socket,
  Socket as Stream,
}

export default {
  ...unenv,
  Socket,
  Stream: Socket,
  connect,
  createConnection: connect,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  isIP,
  isIPv4,
  isIPv6,
}
