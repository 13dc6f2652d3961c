/** `node:net`: an app's own connections. It has no servers. */

import unenv, { createServer, Server } from 'unenv/node/net'
import { isIP, isIPv4, isIPv6 } from './net/addresses.ts'
import { BlockList, SocketAddress } from './net/block-list.ts'
import { Socket, toConnectArguments } from './net/socket.ts'

/** Connects. The options are those of Node.js that bear on it. */
function connect(...args: unknown[]): Socket {
  const { options } = toConnectArguments(args)
  return new Socket(options).connect(...args)
}

export const getDefaultAutoSelectFamily = (): boolean => true
export const setDefaultAutoSelectFamily = (): void => {}
let attemptMs = 250
/** Addresses are tried by the host. */
export const getDefaultAutoSelectFamilyAttemptTimeout = (): number => attemptMs
export const setDefaultAutoSelectFamilyAttemptTimeout = (ms: number): void =>
  void (attemptMs = Math.max(10, ms))

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
  BlockList,
  Socket,
  SocketAddress,
  Stream: Socket,
  connect,
  createConnection: connect,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamily,
  isIP,
  isIPv4,
  isIPv6,
}
