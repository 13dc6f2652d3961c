/**
 * HTTP itself: methods, headers, statuses and framing, as a client sees them and as an app sees them.
 */

import { Readable } from 'node:stream'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { keepAlive, open } from '../harness/http.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { exchange, parseResponses } from '../harness/socket.ts'

interface Seen {
  method: string
  url: string
  headers: [string, string][]
  hasBody: boolean
  body: string
}

describe('http', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([{ name: 'mirror', hostname: 'mirror.test', path: fixture('mirror') }])
  })

  afterAll(() => server.close())

  test.for(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'the method %s arrives',
    async (method, { expect }) => {
      const seen = (await server.send('mirror.test', '/m?q=1', { method })).json<Seen>()
      expect(seen).toMatchObject({ method, url: 'http://mirror.test/m?q=1' })
    },
  )

  test('a body has the type of what it was made of', async ({ expect }) => {
    const typeOf = async (path: string, method = 'GET') =>
      (await server.send('mirror.test', path, { method })).headers['content-type']
    const text = 'text/plain;charset=UTF-8'
    expect([await typeOf('/ignore-body'), await typeOf('/form', 'POST')]).toEqual([text, text])
    expect(await typeOf('/cookies?count=1')).toBe(text)
    expect(await typeOf('/')).toBe('application/json')
    for (const path of ['/buffered-echo', '/chunks', '/status?is=204']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await typeOf(path), path).toBeUndefined()
    }
  })

  test('all headers arrive, repeated ones together', async ({ expect }) => {
    const headers = { 'x-one': 'a', 'x-two': ['b', 'c'], cookie: 'd=1; e=2', 'x-latin': 'caf\u00e9' }
    const seen = (await server.send('mirror.test', '/', { headers })).json<Seen>()
    const arrived = Object.fromEntries(seen.headers)
    expect(arrived).toMatchObject({ 'x-one': 'a', 'x-two': 'b, c', cookie: 'd=1; e=2', host: 'mirror.test' })
    expect(arrived['x-latin']).toBe('caf\u00e9')
  })

  test('hop-by-hop headers of a request stay outside', async ({ expect }) => {
    const text = [
      'GET / HTTP/1.1',
      'Host: mirror.test',
      'Connection: close, x-private',
      'X-Private: hop',
      'Keep-Alive: timeout=9',
      'TE: trailers',
      'Proxy-Connection: keep-alive',
      'X-Kept: yes\r\n\r\n',
    ].join('\r\n')
    const [response] = parseResponses(await exchange(server.port, text), ['GET'])
    const names = (JSON.parse(response!.body) as Seen).headers.map(([name]) => name)
    expect(names).toContain('x-kept')
    for (const name of ['connection', 'keep-alive', 'te', 'proxy-connection', 'x-private']) {
      expect(names).not.toContain(name)
    }
  })

  test('headers that are for all stay, although a Connection header names them', async ({ expect }) => {
    const text =
      'POST / HTTP/1.1\r\nHost: mirror.test\r\nConnection: close, host, content-length, Cookie\r\n' +
      'Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi'
    const [response] = parseResponses(await exchange(server.port, text), ['POST'])
    const { headers, url, body } = JSON.parse(response!.body) as Seen
    expect(Object.fromEntries(headers)).toMatchObject({
      host: 'mirror.test',
      cookie: 'a=b',
      'content-length': '2',
    })
    expect([url, body]).toEqual(['http://mirror.test/', 'hi'])
  })

  test('a request without a body has none, and one of length 0 is empty', async ({ expect }) => {
    expect((await server.send('mirror.test', '/')).json<Seen>()).toMatchObject({ hasBody: false, body: '' })
    const empty = await server.send('mirror.test', '/', { method: 'POST', body: '' })
    expect(empty.json<Seen>()).toMatchObject({ hasBody: true, body: '' })
    const unsaid = 'DELETE / HTTP/1.1\r\nHost: mirror.test\r\nX-Content-Length: 0\r\n\r\n'
    const [response] = parseResponses(await exchange(server.port, unsaid), ['DELETE'])
    expect(JSON.parse(response!.body)).toMatchObject({ method: 'DELETE', hasBody: false })
  })

  test('OPTIONS * asks about the host', async ({ expect }) => {
    const text = 'OPTIONS * HTTP/1.1\r\nHost: mirror.test\r\n\r\nGET * HTTP/1.1\r\nHost: mirror.test\r\n\r\n'
    const [options, get] = parseResponses(await exchange(server.port, text), ['OPTIONS', 'GET'])
    expect(JSON.parse(options!.body)).toMatchObject({ method: 'OPTIONS', url: 'http://mirror.test/' })
    expect(get!.status).toBe(400)
  })

  test('HEAD has the headers of GET and no body', async ({ expect }) => {
    const text =
      'HEAD / HTTP/1.1\r\nHost: mirror.test\r\n\r\nGET /ignore-body HTTP/1.1\r\nHost: mirror.test\r\n\r\n'
    const responses = parseResponses(await exchange(server.port, text), ['HEAD', 'GET'])
    expect(responses.map(({ status, body }) => [status, body])).toEqual([
      [200, ''],
      [200, 'did not read'],
    ])
  })

  test('HEAD of a stream ends at once', async ({ expect }) => {
    const answer = await server.send('mirror.test', '/chunks', { method: 'HEAD' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    // that of GET has a length which nobody knows yet
    expect(answer.headers['content-length']).toBeUndefined()
  })

  test.for([204, 304])('a %d has no body and no framing of one', async (status, { expect }) => {
    const get = `GET /status?is=${status} HTTP/1.1\r\nHost: mirror.test\r\n\r\n`
    const responses = parseResponses(await exchange(server.port, get + get), ['GET', 'GET'])
    expect(responses.map((response) => response.status)).toEqual([status, status])
    const names = responses.flatMap(({ headers }) => headers.map(([name]) => name))
    expect(names).not.toContain('transfer-encoding')
    if (status === 204) expect(names).not.toContain('content-length')
  })

  test.for([201, 301, 400, 418, 500, 599])('the status %d goes through', async (status, { expect }) => {
    expect((await server.send('mirror.test', `/status?is=${status}`)).status).toBe(status)
  })

  test('Set-Cookie goes out once for each cookie', async ({ expect }) => {
    const answer = await server.send('mirror.test', '/cookies?count=3')
    expect(answer.headers['set-cookie']).toEqual(
      [0, 1, 2].map((i) => expect.stringMatching(`^c${i}=${i}; Path=/; Exp`)),
    )
  })

  test('the host decides the framing, whatever an app says', async ({ expect }) => {
    const get = 'GET /own-framing HTTP/1.1\r\nHost: mirror.test\r\n\r\n'
    const responses = parseResponses(await exchange(server.port, get + get), ['GET', 'GET'])
    expect(responses.map(({ body }) => body)).toEqual(['longer than three bytes', 'longer than three bytes'])
    const headers = Object.fromEntries(responses[0]!.headers)
    expect(headers['x-kept']).toBe('yes')
    for (const name of ['upgrade', 'trailer', 'transfer-encoding']) expect(headers).not.toHaveProperty(name)
    expect(headers['connection'] ?? '').not.toContain('x-hop')
  })

  test('one connection carries many requests', async ({ expect }) => {
    const agent = keepAlive(1)
    const ports = new Set<number | undefined>()
    for (let i = 0; i < 20; i++) {
      const message = await open(server.port, { host: 'mirror.test', path: '/', agent })
      ports.add(message.socket.localPort)
      await message.toArray()
    }
    agent.destroy()
    expect(ports.size).toBe(1)
  })

  test('a connection is kept for as long as the operator says', async ({ expect }) => {
    const app = { name: 'mirror', hostname: 'mirror.test', path: fixture('mirror') }
    await using patient = await serve([app], 1, { connectionLimits: { keep_alive_ms: 75_000 } })
    const agent = keepAlive(1)
    const answer = await patient.send('mirror.test', '/', { agent })
    agent.destroy()
    expect(answer.headers['keep-alive']).toBe('timeout=75')
  })

  test('a body that the app does not read does not disturb the next request', async ({ expect }) => {
    const agent = keepAlive(1)
    for (let i = 0; i < 5; i++) {
      const body = Buffer.alloc(200_000, 'x')
      const answer = await server.send('mirror.test', '/ignore-body', { method: 'POST', body, agent })
      expect(answer.text).toBe('did not read')
    }
    agent.destroy()
  })

  test('a chunked request arrives whole', async ({ expect }) => {
    const body = Readable.from(['one ', 'two ', 'three'])
    const seen = (await server.send('mirror.test', '/', { method: 'POST', body })).json<Seen>()
    expect(seen.body).toBe('one two three')
  })

  test('a streamed response reaches the client chunk by chunk', async ({ expect }) => {
    const message = await open(server.port, { host: 'mirror.test', path: '/chunks' })
    const times: number[] = []
    const parts: string[] = []
    for await (const part of message) {
      parts.push(String(part))
      times.push(performance.now())
    }
    expect(message.headers['transfer-encoding']).toBe('chunked')
    expect(parts).toEqual(['chunk 1\n', 'chunk 2\n', 'chunk 3\n'])
    expect(times[2]! - times[0]!).toBeGreaterThan(25)
  })

  test('Expect: 100-continue is answered', async ({ expect }) => {
    const headers = { expect: '100-continue', 'content-length': '2' }
    const answer = await server.send('mirror.test', '/buffered-echo', { method: 'POST', headers, body: 'hi' })
    expect(answer.text).toBe('hi')
  })

  test('an HTTP/1.0 client gets its answer', async ({ expect }) => {
    const received = await exchange(server.port, 'GET /chunks HTTP/1.0\r\nHost: mirror.test\r\n\r\n')
    expect(received).toMatch(/\r\n\r\nchunk 1\nchunk 2\nchunk 3\n$/)
  })
})
