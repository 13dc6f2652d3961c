/**
 * What an app's fetch looks like on the wire: one well-formed request, framed by the host, however the app asks for it.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'

import { fetchBy, fetcher } from '../harness/fetcher.ts'
import type { FetchTask } from '../harness/fetcher.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import type { Neighbour } from '../harness/neighbour.ts'
import { serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startRawUpstream } from '../harness/upstream.ts'
import type { RawUpstream } from '../harness/upstream.ts'

let server: Served
let upstream: RawUpstream
let neighbour: Neighbour
/** Everything that came over each connection. */
let wire: string[]

beforeAll(async () => {
  server = await serve([fetcher('app'), NEIGHBOUR])
  upstream = await startRawUpstream((socket, head) => {
    const index = wire.push(head) - 1
    socket.on('data', (bytes) => (wire[index] += bytes.toString('latin1')))
    // what comes after the request would come before the connection is closed
    setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'), 30)
  })
})

afterAll(async () => {
  await server.close()
  await upstream.close()
})

beforeEach(() => {
  wire = []
  neighbour = watchNeighbour(server)
})

afterEach(async () => {
  await neighbour.stop()
})

const send = (path: string, init: FetchTask['init'] = {}) =>
  fetchBy(server, 'app.test', { url: `${upstream.url}${path}`, init })

/** The one request that came, taken apart. */
function only() {
  if (wire.length !== 1) throw new Error(`wanted one request, came ${JSON.stringify(wire)}`)
  const [head = '', ...rest] = wire[0]!.split('\r\n\r\n')
  const [line, ...fields] = head.split('\r\n')
  const pairs = fields.map((field): [string, string] => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
  })
  return {
    line,
    headers: Object.groupBy(
      pairs.map(([name, value]) => ({ name, value })),
      ({ name }) => name,
    ),
    body: rest.join('\r\n\r\n'),
  }
}

describe('what the app says of the connection is not sent', () => {
  const given: [string, string][] = [
    ['Host', 'victim.test'],
    ['Connection', 'upgrade, x-own'],
    ['Keep-Alive', 'timeout=1000'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '100'],
    ['Proxy-Authorization', 'Basic x'],
    ['Proxy-Connection', 'keep-alive'],
    ['Upgrade', 'h2c'],
    ['Expect', '100-continue'],
    ['TE', 'trailers'],
    ['Trailer', 'x-late'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Forwarded-Host', 'victim.test'],
    ['X-Forwarded-Proto', 'https'],
    ['Forwarded', 'for=127.0.0.1'],
    ['X-Real-IP', '127.0.0.1'],
    ['True-Client-IP', '127.0.0.1'],
    ['CF-Connecting-IP', '127.0.0.1'],
    ['X-Own', 'kept'],
  ]

  test.for(['GET', 'POST'])('with %s', async (method, { expect }) => {
    const body = method === 'POST' ? { body: 'abc' } : {}
    expect(await send('/', { method, headers: given, ...body })).toMatchObject({ status: 200, text: 'ok' })
    const { line, headers, body: sent } = only()
    expect(line).toBe(`${method} / HTTP/1.1`)
    const values = (name: string) => headers[name]?.map(({ value }) => value)
    expect(values('host')).toEqual([new URL(upstream.url).host])
    expect(values('connection')).toEqual(['keep-alive'])
    expect(values('content-length')).toEqual(method === 'POST' ? ['3'] : undefined)
    expect(values('x-own')).toEqual(['kept'])
    const gone = given
      .map(([name]) => name.toLowerCase())
      .filter((name) => !/^(host|connection|content-length|x-own)$/.test(name))
    expect(gone.filter((name) => headers[name] !== undefined)).toEqual([])
    expect(sent).toBe(method === 'POST' ? 'abc' : '')
  })
})

test.for<[what: string, path: string, line: string]>([
  ['line breaks', '/a\r\nx-evil: 1\r\n\r\nGET /b HTTP/1.1', '/ax-evil:%201GET%20/b%20HTTP/1.1'],
  ['escaped line breaks', '/a%0d%0ax-evil:%201', '/a%0d%0ax-evil:%201'],
  ['spaces', '/a b HTTP/1.1', '/a%20b%20HTTP/1.1'],
  ['dots', '/a/../../b/./%2e%2e/c', '/c'],
  ['backslashes', '/a\\b', '/a/b'],
  ['a fragment', '/a#\r\nb', '/a'],
  ['other letters', '/ü?ü', '/%C3%BC?%C3%BC'],
])('%s in a path stay within it', async ([, path, line], { expect }) => {
  expect((await send(path)).status).toBe(200)
  expect(only().line).toBe(`GET ${line} HTTP/1.1`)
})

test.for<[what: string, init: FetchTask['init']]>([
  ['a value with a line break', { headers: [['x', 'a\r\nx-evil: 1']] }],
  ['a value with a bare line feed', { headers: [['x', 'a\nx-evil: 1']] }],
  ['a value with a null', { headers: [['x', 'a\0b']] }],
  ['a name with a space', { headers: [['x y', 'a']] }],
  ['a name with a colon', { headers: [['x:y', 'a']] }],
  ['no name', { headers: [['', 'a']] }],
  ['a method with a line break', { method: 'GET / HTTP/1.1\r\nx-evil: 1\r\n\r\nGET' }],
  ['a method that opens a tunnel', { method: 'CONNECT' }],
  ['a method that echoes', { method: 'TRACE' }],
])('%s is a TypeError and opens nothing', async ([, init], { expect }) => {
  expect((await send('/', init)).error).toMatchObject({ name: 'TypeError' })
  expect(wire).toEqual([])
})
