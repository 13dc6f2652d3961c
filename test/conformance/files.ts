/** Serves the files of the tests to the guests, and those few of their server's handlers that the chosen tests call. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join, normalize } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

import { substitute } from './scripts.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly body: Buffer
}

/** What tests put down for one another, by key. */
const stash = new Map<string, string>()

export async function serveFiles(root: string): Promise<{ port: number; close: () => void }> {
  const server = createServer({ insecureHTTPParser: true }, (request, response) => {
    answer(root, port, request, response).catch(() => response.destroy())
  })
  server.on('clientError', (_, socket) => socket.destroy())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { port, close }
}

async function answer(
  root: string,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url!, 'http://127.0.0.1')
  const body = await buffer(request)
  response.setHeader('access-control-allow-origin', '*')
  const handler = HANDLERS[basename(pathname)]
  if (handler !== undefined) return handler({ request, response, query, body })
  try {
    const path = normalize(decodeURIComponent(pathname))
    const bytes = readFileSync(join(root, path))
    response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain')
    response.end(path.includes('.sub.') ? substitute(bytes.toString(), port) : bytes)
  } catch {
    // the page of a test is made from the test by the server that these tests were written for
    const isPage = /\.(any|worker)\.(worker\.)?html$|\.any\.js$/.test(pathname)
    response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html' }).end('')
  }
}

function describe({ method, headers }: IncomingMessage): Record<string, string> {
  return {
    'x-request-method': method!,
    'x-request-content-type': headers['content-type'] ?? 'NO',
    'x-request-content-length': headers['content-length'] ?? 'NO',
  }
}

const HANDLERS: Readonly<Record<string, (call: Call) => void | Promise<void>>> = {
  'inspect-headers.py': ({ request, response, query }) => {
    for (const name of (query.get('headers') ?? '').split('|')) {
      const value = request.headers[name.toLowerCase()]
      if (value !== undefined) response.setHeader(`x-request-${name}`, value)
    }
    response.setHeader('content-type', 'text/plain').end()
  },
  'method.py': ({ request, response, body }) => void response.writeHead(200, describe(request)).end(body),
  'echo-content.py': ({ request, response, body }) =>
    void response.writeHead(200, { ...describe(request), 'content-type': 'text/plain' }).end(body),
  'echo-headers.py': ({ request, response }) => {
    const lines = request.rawHeaders.map((text, i) => text + (i % 2 === 1 ? '\r\n' : ': '))
    response.setHeader('content-type', 'text/plain').end(lines.join(''))
  },
  'status.py': ({ request, response, query }) => {
    const headers = { 'content-type': query.get('type') ?? '', 'x-request-method': request.method! }
    response.writeHead(Number(query.get('code') ?? 200), query.get('text') ?? 'OMG', headers)
    response.end(query.get('content') ?? '')
  },
  'trickle.py': async ({ response, query }) => {
    if (!query.has('notype')) response.setHeader('content-type', 'text/plain')
    for (let i = 0; i < Number(query.get('count') ?? 50); i++) {
      response.write('TEST_TRICKLE\n')
      await sleep(Number(query.get('ms') ?? 500))
    }
    response.end()
  },
  'stash-put.py': ({ response, query }) => {
    stash.set(query.get('key') ?? '', query.get('value') ?? '')
    response.end('done')
  },
  'stash-take.py': ({ response, query }) => {
    const key = query.get('key') ?? ''
    response.setHeader('content-type', 'application/json').end(JSON.stringify(stash.get(key) ?? null))
    stash.delete(key)
  },
  'infinite-slow-response.py': async ({ response, query }) => {
    const state = query.get('stateKey')
    const abort = query.get('abortKey')
    if (state !== null) stash.set(state, 'open')
    response.writeHead(200, { 'content-type': 'text/plain' }).write('.'.repeat(2048))
    const isOver = () => response.destroyed || (abort !== null && stash.has(abort))
    for (let i = 0; i < 3000 && !isOver(); i++, await sleep(10)) response.write('.')
    if (state !== null) stash.set(state, 'closed')
    response.end()
  },
}
