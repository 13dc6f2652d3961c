/** `node:http`: servers behind the app's fetch handler, and requests that go out as fetches. */

import { Agent } from './http/agent.ts'
import { ClientRequest } from './http/client-request.ts'
import { validateHeaderName, validateHeaderValue } from './http/header-map.ts'
import { callable } from './http/called.ts'
import { IncomingMessage as Incoming } from './http/incoming-message.ts'
import { OutgoingMessage } from './http/outgoing-message.ts'
import { Server } from './http/server.ts'
import { ServerResponse as Response } from './http/server-response.ts'
import { METHODS, STATUS_CODES } from './http/status-codes.ts'

export const IncomingMessage = callable(Incoming)
export const ServerResponse = callable(Response)
export const globalAgent = new Agent({ keepAlive: true })
export const maxHeaderSize = 16_384
export const createServer = (...args: unknown[]): Server => new Server(...args)
export const request = (...args: unknown[]): ClientRequest => new ClientRequest('http:', args)

export function get(...args: unknown[]): ClientRequest {
  const made = request(...args)
  made.end()
  return made
}

export function setMaxIdleHTTPParsers(): void {}

export const { WebSocket, CloseEvent, MessageEvent } = globalThis
export {
  Agent,
  ClientRequest,
  METHODS,
  OutgoingMessage,
  Server,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
}

export default {
  Agent,
  ClientRequest,
  IncomingMessage,
  METHODS,
  OutgoingMessage,
  Server,
  ServerResponse,
  STATUS_CODES,
  createServer,
  get,
  globalAgent,
  maxHeaderSize,
  request,
  setMaxIdleHTTPParsers,
  validateHeaderName,
  validateHeaderValue,
}
