/**
 * A response is one response: nothing that an app puts into headers, and nothing that a client puts into a request,
 * makes two of it or one of two. All on raw sockets, read by a strict parser.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { exchange, parseResponses } from '../harness/socket.ts'

const HOST = 'Host: mirror.test\r\n'

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
    const text = `GET /raw-header?${query} HTTP/1.1\r\n${HOST}\r\nGET /ignore-body HTTP/1.1\r\n${HOST}\r\n`
    const responses = parseResponses(await exchange(server.port, text), ['GET', 'GET'])
    expect(responses).toHaveLength(2)
    expect(responses[1]).toMatchObject({ status: 200, body: 'did not read' })
    for (const { headers } of responses) {
      expect(headers.filter(([header]) => /evil|set-cookie/.test(header))).toEqual([])
    }
  })

  test.for([100, 101, 199, 600, 0])('an app that asks for the status %d', async (status, { expect }) => {
    const text = `GET /status?is=${status} HTTP/1.1\r\n${HOST}\r\nGET /ignore-body HTTP/1.1\r\n${HOST}\r\n`
    const responses = parseResponses(await exchange(server.port, text), ['GET', 'GET'])
    expect(responses.map((response) => response.status)).toEqual([500, 200])
  })

  test.for([
    [
      'length and chunked',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['a bad length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +5\r\n\r\nhello`],
    ['a bad chunk', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`],
    ['an unknown coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `GET / HTTP/1.1\r\n${HOST}X-Test : a\r\n\r\n`],
    ['a bare line feed in a value', `GET / HTTP/1.1\r\n${HOST}X-Test: a\nX-Evil: b\r\n\r\n`],
    ['a NUL in a value', `GET / HTTP/1.1\r\n${HOST}X-Test: a\0b\r\n\r\n`],
  ])('a client that sends %s does not get a second request in', async ([, text], { expect }) => {
    const smuggled = `GET /cookies?count=1 HTTP/1.1\r\n${HOST}\r\n`
    const received = await exchange(server.port, text + smuggled, 300)
    const responses = parseResponses(received, ['POST', 'GET'])
    expect(responses[0]?.status).toBe(400)
    expect(responses).toHaveLength(1)
  })

  test('pipelined requests are answered in order', async ({ expect }) => {
    const paths = ['/chunks', '/ignore-body', '/status?is=204', '/cookies?count=1', '/chunks']
    const text = paths.map((path) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`).join('')
    const responses = parseResponses(await exchange(server.port, text), [])
    const chunks = 'chunk 1\nchunk 2\nchunk 3\n'
    expect(responses.map((response) => response.body)).toEqual([
      chunks,
      'did not read',
      '',
      'cookies',
      chunks,
    ])
  })
})
