/**
 * Headers, Request, Response, their bodies and `fetch`, as the standard and Workers have them, through a component and
 * real sockets.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { gunzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { open } from '../harness/http.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const MULTIPART = 'multipart/form-data; boundary=b'

describe('messages', () => {
  let server: Served
  let upstream: Upstream

  beforeAll(async () => {
    const egress = { private: true }
    server = await serve([{ name: 'messages', hostname: 'messages.test', path: fixture('messages'), egress }])
    upstream = await startUpstream(answer)
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  const ask = async (path: string, to = '', sent = {}) =>
    server.send('messages.test', `${path}?url=${encodeURIComponent(upstream.url + to)}`, sent)
  const post = (path: string, body: Uint8Array | string, headers = {}) =>
    ask(path, '/bytes', { method: 'POST', body: Buffer.from(body), headers })

  test.for([
    ['a mark of the byte order', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], '{}', 'none'],
    ['a byte that is no UTF-8', [0x22, 0xff, 0x22], '"\uFFFD"', 'none'],
    ['nothing', [], '', 'SyntaxError'],
  ] as const)('a body with %s is text and JSON', async ([, bytes, text, json], { expect }) => {
    const read = (await post('/text', Uint8Array.from(bytes))).json<{ text: string; json: string }>()
    expect(read.text).toBe(text)
    expect(read.json).toMatch(json)
  })

  test('an app sees who its client is, and keeps it in copies', async ({ expect }) => {
    const headers = { 'cf-connecting-ip': '192.0.2.1', 'x-real-ip': '192.0.2.1', 'cf-ray': 'mine' }
    const seen = (await ask('/client', '', { headers })).json<Record<string, unknown[]>>()
    expect(seen).toMatchObject({
      cf: { httpProtocol: 'HTTP/1.1' },
      copied: { httpProtocol: 'HTTP/1.1' },
      own: { own: true },
      headers: ['127.0.0.1', '127.0.0.1', expect.stringMatching(/^[0-9a-f]{32}$/)],
      host: ['messages.test', 'messages.test'],
    })
    expect(seen['kept']).toEqual(seen['headers'])
  })

  test("a client's request leaves redirects to the client, whatever is made of it", async ({ expect }) => {
    expect((await ask('/client')).json()).toMatchObject({ modes: ['manual', 'manual', 'manual', 'follow'] })
    const moved = await ask('/proxy', '/moved')
    expect([moved.status, moved.headers.location]).toEqual([302, '/echo'])
    expect((await ask('/pass', '/moved')).status).toBe(200)
  })

  test('what is passed through keeps its length and its reason', async ({ expect }) => {
    for (const path of ['/pass', '/pass-body', '/proxy']) {
      const message = await open(server.port, {
        host: 'messages.test',
        path: `${path}?url=${encodeURIComponent(`${upstream.url}/bytes`)}`,
      })
      expect(message.statusMessage).toBe('Fine Enough')
      expect(message.headers['content-length']).toBe('100000')
      expect(message.headers['transfer-encoding']).toBeUndefined()
      message.resume()
    }
  })

  test('a stream of a known length has one, and a reason is said', async ({ expect }) => {
    for (const path of ['/fixed', '/blob']) {
      const { headers, text } = await ask(path)
      expect([headers['content-length'], text]).toEqual(['6', 'abcdef'])
    }
    const message = await open(server.port, { host: 'messages.test', path: '/reason' })
    message.resume()
    expect([message.statusCode, message.statusMessage]).toEqual([404, 'Not Here Today'])
  })

  test('a body is packed as its headers say, unless it was packed before', async ({ expect }) => {
    const packed = await ask('/packed')
    expect([packed.headers['content-encoding'], gunzipSync(packed.body).toString()]).toEqual(['gzip', 'abc'])
    const before = await ask('/packed-before')
    expect([before.headers['content-encoding'], before.text]).toEqual(['gzip', 'abc'])
    const plain = await ask('/brotli')
    expect([plain.headers['content-encoding'], plain.text]).toEqual([undefined, 'abc'])
  })

  test('a body that is shorter than its length is cut', async ({ expect }) => {
    await expect(ask('/too-short')).rejects.toThrow(/aborted|hang up/)
    await expect(ask('/pass', '/short')).rejects.toThrow(/aborted|hang up/)
  })

  test('a body that is read in part is used', async ({ expect }) => {
    expect((await post('/partly', 'x'.repeat(100_000))).json()).toEqual({
      used: true,
      text: true,
      tries: { clone: 'TypeError', again: 'TypeError' },
    })
    expect((await ask('/partly-returned')).status).toBe(500)
    await server.logged('[messages ', 'body is used already')
  })

  test('chunks and buffers are of the realm of the app', async ({ expect }) => {
    expect((await post('/realms', 'x'.repeat(300_000))).json()).toEqual({
      answer: [true],
      request: [true],
      buffers: [true, true],
    })
  })

  test('constructors check what the standard checks, and nothing that Workers let through', async ({
    expect,
  }) => {
    const { none, refused, error } = (await ask('/checks')).json<Record<string, Record<string, string>>>()
    expect(Object.entries(none ?? {}).filter(([, name]) => name !== 'none')).toEqual([])
    const ranges = Object.entries(refused ?? {}).filter(([, name]) => name === 'RangeError')
    expect(ranges.map(([name]) => name)).toEqual(['status', 'redirected'])
    expect(Object.entries(refused ?? {}).filter(([, name]) => !/^(?:Type|Range)Error$/.test(name))).toEqual(
      [],
    )
    expect(error).toEqual(['error', 0])
  })

  test('headers are sorted and joined, cookies stand apart', async ({ expect }) => {
    const entries = [
      ['a', '2'],
      ['set-cookie', 'b=2'],
      ['set-cookie', 'a=1'],
      ['x-b', '1, 3'],
    ]
    expect((await ask('/headers')).json()).toEqual({
      entries,
      copied: entries,
      self: entries.flat(),
      cookies: ['b=2', 'a=1'],
      all: ['b=2', 'a=1'],
    })
  })

  test('clones have no memory in common', async ({ expect }) => {
    expect((await ask('/clones')).json()).toEqual({ second: 'abc', copy: [1, 2], used: [true, true] })
  })

  test.for([
    [
      'a=1&b=%C3%A4+x',
      'Application/X-WWW-Form-URLEncoded; charset=utf-8',
      [
        ['a', '1'],
        ['b', 'ä x'],
      ],
    ],
    [
      '--b\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--b\r\nContent-Type: X/Y\r\nCONTENT-DISPOSITION: form-data; name="f"; filename*=UTF-8\'\'%C3%A4.txt\r\n\r\nfile\r\n--b--\r\n',
      MULTIPART.toUpperCase().replace('=B', '="b"'),
      [
        ['a', '1'],
        ['f', 'ä.txt', 'x/y', 'file'],
      ],
    ],
  ] as const)('a form of another client: %s', async ([body, type, fields], { expect }) => {
    expect((await post('/form', body, { 'content-type': type })).json()).toEqual(fields)
  })

  test('a form is a form again', async ({ expect }) => {
    expect((await ask('/form-round')).json()).toEqual({
      length: true,
      fields: [
        ['a"b', 'one\r\ntwo'],
        ['file', 'n.bin', 'x/y', 'bytes'],
      ],
    })
  })

  test('a form goes out with its length, and again for a redirect', async ({ expect }) => {
    for (const to of ['/echo', '/again']) {
      const sent = (await ask('/send-form', to)).json<{ headers: Record<string, string>; body: string }>()
      expect(sent.headers['content-length']).toBe(String(sent.body.length))
      expect(sent.headers['transfer-encoding']).toBeUndefined()
      expect(sent.body).toContain('Content-Disposition: form-data; name="file"; filename="n.bin"')
    }
    const fixed = (await ask('/send-fixed', '/echo')).json<{
      headers: Record<string, string>
      body: string
    }>()
    expect([fixed.headers['content-length'], fixed.body]).toEqual(['6', 'abcdef'])
  })

  test('a fetch says nothing that the app does not say', async ({ expect }) => {
    const { headers } = (await ask('/pass', '/echo')).json<{ headers: Record<string, string> }>()
    const own = ['accept-encoding', 'cdn-loop', 'connection', 'host', 'traceparent']
    expect(Object.keys(headers).filter((name) => !own.includes(name))).toEqual([])
  })

  test('a data: URL is an answer', async ({ expect }) => {
    expect((await ask('/data')).json()).toEqual({
      status: [200, 'OK', 'text/plain;charset=x'],
      text: 'abc',
      bad: true,
      scheme: true,
    })
  })

  test('an abort says why, before the head and within the body', async ({ expect }) => {
    expect((await ask('/abort', '/slow')).json()).toEqual({
      early: true,
      late: true,
      follows: true,
      own: true,
    })
  })
})

function answer(request: IncomingMessage, response: ServerResponse): void {
  switch (request.url) {
    case '/bytes':
      response.writeHead(200, 'Fine Enough', { 'content-length': 100_000 })
      response.write('x'.repeat(50_000))
      setImmediate(() => response.end('y'.repeat(50_000)))
      return
    case '/short':
      response.writeHead(200, { 'content-length': 100_000 })
      response.write('x'.repeat(50_000), () => response.destroy())
      return
    case '/moved':
      response.writeHead(302, { location: '/echo' }).end()
      return
    case '/again':
      request.resume().on('end', () => response.writeHead(307, { location: '/echo' }).end())
      return
    case '/slow':
      response.write('x')
      return
    default: {
      const { headers } = request
      let body = ''
      request.setEncoding('latin1').on('data', (part: string) => (body += part))
      request.on('end', () => response.end(JSON.stringify({ headers, body })))
    }
  }
}
