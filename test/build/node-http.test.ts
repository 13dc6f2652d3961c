// `node:http` and `node:zlib` in an app: its server answers what the same one does in Node, and its client gets the same.

import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { serve, type Served } from '../harness/serve.ts'
import { send, type Sent } from '../harness/http.ts'
import { listener, runClient, runZlib } from './http-cases.ts'
import { createSourceDir, type SourceDir } from './source-dir.ts'

const HOST = 'http.test'

const APP = `
import { createServer } from 'node:http'
import { handleAsNodeRequest, httpServerHandler } from 'cloudflare:node'
import { listener, runClient, runZlib } from './cases.ts'

const server = createServer(listener).listen(8080)
const byServer = httpServerHandler(createServer((request, response) => response.end('by server ' + request.socket.remoteAddress)))
const byPort = httpServerHandler({ port: 8080 })

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/run-client') return Response.json(await runClient(searchParams.get('origin')))
    if (pathname === '/run-zlib') return Response.json(await runZlib())
    if (pathname === '/by-server') return byServer.fetch(request)
    if (pathname === '/no-port') return handleAsNodeRequest(1, request).catch((error) => new Response(error.message))
    if (pathname === '/port') return Response.json([server.listening, server.address().port])
    if (pathname === '/shared') {
      const listenOn = (host) => new Promise((resolve) => {
        const own = createServer((_, response) => response.end('of ' + host)).listen({ port: 8081, host })
        own.on('listening', () => resolve(own.address())).on('error', ({ code }) => resolve(code))
      })
      const listened = [await listenOn('localhost'), await listenOn('::1'), await listenOn('::1')]
      return Response.json([...listened, await (await handleAsNodeRequest(8081, request)).text()])
    }
    return byPort.fetch(request)
  },
}
`

type Asked = Partial<Pick<Sent, 'method' | 'body' | 'headers'>>

const REQUESTS: [path: string, request: Asked][] = [
  ['/echo?a=b', { headers: { cookie: 'a=1', 'x-many': 'one' } }],
  ['/echo', { method: 'POST', body: 'a body' }],
  ['/echo', { method: 'POST', body: 'in chunks', headers: { 'transfer-encoding': 'chunked' } }],
  ['/called', {}],
  ['/stream', {}],
  ['/large', {}],
  ['/headers', {}],
  ['/headers', { method: 'HEAD' }],
  ['/late', {}],
  ['/wrong', {}],
  ['/empty', {}],
  ['/binary', {}],
  ['/events', { method: 'PUT', body: 'z'.repeat(200_000) }],
  ['/nothing', {}],
]
const SEEN = ['content-type', 'set-cookie', 'x-one', 'x-gone', 'x-two', 'x-three']

describe('node:http', () => {
  let sources: SourceDir
  let server: Served
  let own: Server
  let origin: string

  beforeAll(async () => {
    own = createServer(listener).listen(0, '127.0.0.1')
    await new Promise((resolve) => own.once('listening', resolve))
    origin = `http://127.0.0.1:${(own.address() as AddressInfo).port}`
    sources = createSourceDir({
      'package.json': '{ "name": "app" }',
      'app.ts': APP,
      'cases.ts': readFileSync(new URL('./http-cases.ts', import.meta.url), 'utf8'),
    })
    const path = join(sources.path, 'app.wasm')
    await buildApp({ entry: sources.at('app.ts'), outFile: path })
    server = await serve([{ name: 'http', hostname: HOST, path }], 1, { allowLoopback: true })
  })

  afterAll(async () => {
    await server.close()
    own.close()
    own.closeAllConnections()
    sources[Symbol.dispose]()
  })

  test.each(REQUESTS)('its server answers %s as Node', async (path, request) => {
    const ask = async (port: number) => {
      const { status, headers, text } = await send(port, { host: HOST, path, ...request })
      return { status, headers: Object.fromEntries(SEEN.map((name) => [name, headers[name]])), text }
    }
    expect(await ask(server.port)).toEqual(await ask((own.address() as AddressInfo).port))
  })

  test('its client gets what one in Node gets', async () => {
    const answer = await server.send(HOST, `/run-client?origin=${encodeURIComponent(origin)}`)
    expect(answer.status, server.log.join('\n')).toBe(200)
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(await runClient(origin))))
  })

  test('node:zlib packs and unpacks as in Node', async () => {
    const answer = await server.send(HOST, '/run-zlib')
    expect(answer.status, server.log.join('\n')).toBe(200)
    expect(answer.json()).toEqual(await runZlib())
  })

  test('two servers share a port, but no address', async () => {
    expect((await server.send(HOST, '/shared')).json()).toEqual([
      { address: '127.0.0.1', family: 'IPv4', port: 8081 },
      { address: '::1', family: 'IPv6', port: 8081 },
      'EADDRINUSE',
      'of localhost',
    ])
  })

  test('a server is found by itself and by its port', async () => {
    expect((await server.send(HOST, '/port')).json()).toEqual([true, 8080])
    expect((await server.send(HOST, '/by-server')).text).toBe('by server 127.0.0.1')
    expect((await server.send(HOST, '/no-port')).text).toMatch(
      /^expected a port that a server of this app listens on \(8080/,
    )
  })
})
