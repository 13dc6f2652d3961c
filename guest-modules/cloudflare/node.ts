/** `cloudflare:node`: an app's `node:http` server as its fetch handler. */

import { findServer, type Server } from '../node/http/server.ts'

interface Handler {
  fetch(request: Request): Promise<Response>
}

/** Has the server that listens on the port answer the request. */
export async function handleAsNodeRequest(port: number, request: Request): Promise<Response> {
  return await findServer(port).answer(request)
}

/** What an app exports: of the port that a server listens on, or of the server. */
export function httpServerHandler(served: { readonly port?: number } | Server): Handler {
  return {
    async fetch(request) {
      if ('answer' in served) return await served.answer(request)
      return await handleAsNodeRequest(served.port ?? 0, request)
    },
  }
}
