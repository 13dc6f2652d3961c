/**
 * A response is one response: nothing that an app puts into headers makes two of it or one of two. On raw sockets, read
 * by a strict parser. What hostile apps and clients do beyond that is in test/isolation.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { exchange, parseResponses } from '../harness/socket.ts'

const HOST = 'Host: mirror.test\r\n'
/** The last request of a connection. */
const LAST = `GET /ignore-body HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`

describe('splitting', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([{ name: 'mirror', hostname: 'mirror.test', path: fixture('mirror') }])
  })

  afterAll(() => server.close())

  test.for([
    ['x-test', 'a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['x-test', 'a\nset-cookie: evil=1'],
    ['x-test', 'a\rb'],
    ['x-test', 'a\0b'],
    ['x-test', 'caf\u00e9 \u00ff'],
    ['x-test', '\u560d\u560aset-cookie: evil=1'],
    ['x-test', '\r\n folded'],
    ['x-test\r\nx-evil', 'value'],
    ['x test', 'value'],
    ['', 'value'],
    ['x-test:', 'value'],
    ['content-length', '0'],
    ['content-length', '1000'],
    ['transfer-encoding', 'chunked'],
    ['transfer-encoding', 'gzip, chunked'],
    ['connection', 'close'],
    ['connection', 'upgrade'],
    ['upgrade', 'websocket'],
    ['trailer', 'x'],
  ] as [string, string][])('an app that sets the header %j to %j', async ([name, value], { expect }) => {
    const query = `name=${encodeURIComponent(name)}&value=${encodeURIComponent(value)}`
    const text = `GET /raw-header?${query} HTTP/1.1\r\n${HOST}\r\n${LAST}`
    const responses = parseResponses(await exchange(server.port, text), ['GET', 'GET'])
    expect(responses).toHaveLength(2)
    expect(responses[1]).toMatchObject({ status: 200, body: 'did not read' })
    for (const { headers } of responses) {
      expect(headers.filter(([header]) => /evil|set-cookie/.test(header))).toEqual([])
    }
  })

  test.for([100, 101, 199, 600, 0])('an app that asks for the status %d', async (status, { expect }) => {
    const text = `GET /status?is=${status} HTTP/1.1\r\n${HOST}\r\n${LAST}`
    const responses = parseResponses(await exchange(server.port, text), ['GET', 'GET'])
    expect(responses.map((response) => response.status)).toEqual([500, 200])
  })

  test('pipelined requests are answered in order', async ({ expect }) => {
    const paths = ['/chunks', '/ignore-body', '/status?is=204', '/cookies?count=1', '/chunks']
    const text = paths.map((path) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`).join('') + LAST
    const responses = parseResponses(await exchange(server.port, text), [])
    const chunks = 'chunk 1\nchunk 2\nchunk 3\n'
    expect(responses.map((response) => response.body)).toEqual([
      chunks,
      'did not read',
      '',
      'cookies',
      chunks,
      'did not read',
    ])
  })
})
