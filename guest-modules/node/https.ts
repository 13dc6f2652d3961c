/** `node:https`: `node:http` with another scheme; the host has the certificates. */

import { Agent as HttpAgent } from './http/agent.ts'
import { ClientRequest } from './http/client-request.ts'
import { Server } from './http/server.ts'

export class Agent extends HttpAgent {
  constructor(options?: Readonly<Record<string, unknown>>) {
    super(options, 'https:')
  }
}

export const globalAgent = new Agent({ keepAlive: true })
export const createServer = (...args: unknown[]): Server => new Server(...args)
export const request = (...args: unknown[]): ClientRequest => new ClientRequest('https:', args)

export function get(...args: unknown[]): ClientRequest {
  const made = request(...args)
  made.end()
  return made
}

export { Server }

export default { Agent, Server, createServer, get, globalAgent, request }
