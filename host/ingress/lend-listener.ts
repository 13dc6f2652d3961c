/** The process that sends its parent a duplicate of a socket that it was given, and takes no connection itself. */

import { createServer } from 'node:net'

import { LENT } from './inherited.ts'

const server = createServer()
server.once('error', () => process.exit(1))
server.listen({ fd: LENT }, () => {
  process.send?.('lent', server)
  // before the event loop looks for connections
  server.close()
})
process.once('disconnect', () => process.exit(0))
