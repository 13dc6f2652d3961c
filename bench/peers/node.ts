/** The peer without isolation inside a process: plain `node:http`, one process for each app. */

import { findPort, startProcess } from '../server-process.ts'
import type { ServerProcess } from '../server-process.ts'

const APP = `
require('node:http').createServer({ keepAliveTimeout: 0 }, (request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8', 'content-length': 17 })
  response.end('Hello from NANO!\\n')
}).listen(Number(process.argv[1]), '127.0.0.1')`

export async function startNode(): Promise<ServerProcess> {
  const port = await findPort()
  return startProcess({
    command: process.execPath,
    args: ['-e', APP, String(port)],
    port,
    hosts: ['localhost'],
  })
}
