/**
 * Requests that two parsers could read differently. Each has a second request behind it, which an attacker would want
 * to be taken for one: there is one answer, it is an error, the connection ends, the second request is never answered
 * and reaches no app, and no body that was cut short is a whole one to an app. A neighbour is answered all the while.
 */

import { connect } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { builtExample, fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { parseResponses, talk } from '../harness/socket.ts'

const HOST = 'Host: ledger.test\r\n'
const POST = `POST / HTTP/1.1\r\n${HOST}`
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`
const NEXT = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`

interface Entry {
  method: string
  path: string
  body: string
}

type Case = [label: string, text: string]

/** None of these reaches an app. */
const HEADS: Case[] = [
  // two lengths of one body
  ['chunked and a length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
  ['a length and chunked', `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['two different lengths', `${POST}Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello`],
  ['two equal lengths', `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ['a list of lengths', `${POST}Content-Length: 5, 5\r\n\r\nhello`],
  ['a length with a plus', `${POST}Content-Length: +5\r\n\r\nhello`],
  ['a hexadecimal length', `${POST}Content-Length: 0x5\r\n\r\nhello`],
  ['a negative length', `${POST}Content-Length: -5\r\n\r\nhello`],
  ['a length beyond 64 bits', `${POST}Content-Length: 18446744073709551621\r\n\r\nhello`],
  ['an empty length', `${POST}Content-Length:\r\n\r\nhello`],
  ['a length with a space within', `${POST}Content-Length: 5 0\r\n\r\nhello`],
  ['a length in words', `${POST}Content-Length: five\r\n\r\nhello`],
  ['a length with a space before the colon', `${POST}Content-Length : 5\r\n\r\nhello`],
  ['a length behind a tab', `${POST}\tContent-Length: 5\r\n\r\nhello`],
  // codings
  ['the coding identity', `${POST}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ['an unknown coding', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['chunked and then identity', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['chunked twice', `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
  ['two codings', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ['a vertical tab before chunked', `${POST}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`],
  ['a quoted coding', `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ['gzip before chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['a coding with a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['a folded coding', `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ['a coding in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  // lines
  ['a folded header', `GET / HTTP/1.1\r\n${HOST}X-A: b\r\n c\r\n\r\n`],
  ['a folded first header', `GET / HTTP/1.1\r\n X-A: b\r\n${HOST}\r\n`],
  ['a space in a name', `GET / HTTP/1.1\r\n${HOST}X A: b\r\n\r\n`],
  ['a header without a colon', `GET / HTTP/1.1\r\n${HOST}X-A\r\n\r\n`],
  ['an empty name', `GET / HTTP/1.1\r\n${HOST}: b\r\n\r\n`],
  ['a NUL in a value', `GET / HTTP/1.1\r\n${HOST}X-A: b\0c\r\n\r\n`],
  ['a NUL in a name', `GET / HTTP/1.1\r\n${HOST}X\0A: b\r\n\r\n`],
  ['a control character in a value', `GET / HTTP/1.1\r\n${HOST}X-A: b\x01c\r\n\r\n`],
  ['a byte beyond ASCII in a name', `GET / HTTP/1.1\r\n${HOST}X-\u00c4: b\r\n\r\n`],
  ['a bare CR in a value', `GET / HTTP/1.1\r\n${HOST}X-A: b\rX-B: c\r\n\r\n`],
  ['a bare CR as the end of a line', `GET / HTTP/1.1\rHost: ledger.test\r\r`],
  ['a bare LF in a value', `GET / HTTP/1.1\r\n${HOST}X-A: b\nX-B: c\r\n\r\n`],
  ['bare LFs for all ends', `GET / HTTP/1.1\nHost: ledger.test\n\n`],
  ['a bare LF as the end of the head', `GET / HTTP/1.1\r\n${HOST}\n`],
  // request lines
  ['a tab in the request line', `GET\t/ HTTP/1.1\r\n${HOST}\r\n`],
  ['a space in the path', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
  ['a method in lower case', `get / HTTP/1.1\r\n${HOST}\r\n`],
  ['an unknown method', `SMUGGLE / HTTP/1.1\r\n${HOST}\r\n`],
  ['the version 2.0', `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ['the version 0.9', `GET / HTTP/0.9\r\n${HOST}\r\n`],
  ['the version 1.10', `GET / HTTP/1.10\r\n${HOST}\r\n`],
  ['no version', `GET /\r\n${HOST}\r\n`],
  ['CONNECT', `CONNECT ledger.test:80 HTTP/1.1\r\n${HOST}\r\n`],
  ['CONNECT with a body', `CONNECT ledger.test:80 HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`],
  ['CONNECT with chunks', `CONNECT ledger.test:80 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`],
  ['a target that is an authority', `GET ledger.test:80 HTTP/1.1\r\n${HOST}\r\n`],
  ['GET *', `GET * HTTP/1.1\r\n${HOST}\r\n`],
  ['TRACE', `TRACE / HTTP/1.1\r\n${HOST}\r\n`],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  // hosts
  ['two hosts', `GET / HTTP/1.1\r\n${HOST}Host: neighbour.test\r\n\r\n`],
  ['two equal hosts', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  ['a list of hosts', `GET / HTTP/1.1\r\nHost: ledger.test, neighbour.test\r\n\r\n`],
  ['no host', `GET / HTTP/1.1\r\n\r\n`],
  ['a target of another host', `GET http://neighbour.test/ HTTP/1.1\r\n${HOST}\r\n`],
  ['a target with user info', `GET http://ledger.test@neighbour.test/ HTTP/1.1\r\n${HOST}\r\n`],
  ['another expectation', `${POST}Expect: 200-ok\r\nContent-Length: 2\r\n\r\nhi`],
]

/** These may reach an app; their bodies must fail there. */
const BODIES: Case[] = [
  ['a chunk size that is no number', `${CHUNKED}zz\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size with 0x', `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size beyond 64 bits', `${CHUNKED}10000000000000005\r\nhello\r\n0\r\n\r\n`],
  ['a negative chunk size', `${CHUNKED}-5\r\nhello\r\n0\r\n\r\n`],
  ['an empty chunk size', `${CHUNKED}\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size behind a space', `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size before a space', `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`],
  ['a chunk size that ends in LF', `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
  ['a chunk that ends in LF', `${CHUNKED}5\r\nhello\n0\r\n\r\n`],
  ['a chunk that ends in nothing', `${CHUNKED}5\r\nhello0\r\n\r\n`],
  ['a chunk longer than its size', `${CHUNKED}5\r\nhello!\r\n0\r\n\r\n`],
  ['a chunk extension with LF', `${CHUNKED}5;a=b\nhello\r\n0\r\n\r\n`],
  ['a chunk extension with a bare CR', `${CHUNKED}5;a=b\rhello\r\n0\r\n\r\n`],
  ['a chunk extension of 20 KB', `${CHUNKED}5;a=${'b'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
  ['a trailer without a colon', `${CHUNKED}5\r\nhello\r\n0\r\nX-A\r\n\r\n`],
  ['a trailer of 500 KB', `${CHUNKED}5\r\nhello\r\n0\r\nX-A: ${'b'.repeat(500_000)}\r\n\r\n`],
]

describe('smuggling', () => {
  let server: Served

  beforeAll(async () => {
    const path = fixture('ledger')
    server = await serve([
      { name: 'ledger', hostname: 'ledger.test', path },
      { name: 'other', hostname: 'other.test', path },
      { name: 'hello', hostname: 'hello.test', path: builtExample('hello') },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  const readLedger = async () => (await server.send('ledger.test', '/ledger')).json<Entry[]>()

  /** What the server said to these bytes with another request behind them, and what reached the app. */
  const attack = async (text: string) => {
    await using neighbour = watchNeighbour(server, 1)
    const before = (await readLedger()).length
    const { received, isClosed } = await talk(server.port, [text + NEXT])
    const entered = (await readLedger()).slice(before)
    await neighbour.stop()
    const responses = parseResponses(received, [text.slice(0, text.indexOf(' '))])
    return { responses, isClosed, entered }
  }

  test.for(HEADS)('%s: an error and the end, and no app is entered', async ([, text], { expect }) => {
    const { responses, isClosed, entered } = await attack(text)
    expect(responses).toHaveLength(1)
    const { status } = responses[0]!
    // 501: a method that nobody knows
    expect(status === 501 || (status >= 400 && status < 500)).toBe(true)
    expect(isClosed).toBe(true)
    expect(entered).toEqual([])
  })

  test.for(BODIES)('%s: an error and the end, and never a whole body', async ([, text], { expect }) => {
    const { responses, isClosed, entered } = await attack(text)
    expect(responses).toHaveLength(1)
    expect(responses[0]!.status).toBeGreaterThanOrEqual(400)
    expect(isClosed).toBe(true)
    expect(entered.filter(({ path, body }) => path !== '/' || body.startsWith('complete'))).toEqual([])
    if (entered.length === 0) return
    const isFailed = async () => (await readLedger()).at(-1)?.body === 'failed'
    await waitFor(async () => (await isFailed()) || undefined)
  })

  test('a preface of HTTP/2 gets the end', async ({ expect }) => {
    const { received, isClosed } = await talk(server.port, [`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${NEXT}`])
    expect(parseResponses(received, []).filter(({ status }) => status !== 400)).toEqual([])
    expect(isClosed).toBe(true)
  })

  test.for([
    ['with a length', `${POST}Content-Length: 100\r\n\r\nshort`],
    ['in the middle of a chunk', `${CHUNKED}64\r\nshort`],
    ['between chunks', `${CHUNKED}5\r\nhello\r\n`],
    ['before the last CRLF', `${CHUNKED}5\r\nhello\r\n0\r\n`],
  ] as Case[])('a body %s that the client breaks off is no whole body', async ([, text], { expect }) => {
    await using neighbour = watchNeighbour(server, 1)
    for (const half of [true, false]) {
      const before = (await readLedger()).length
      const socket = connect(server.port, '127.0.0.1').on('error', () => {})
      socket.write(text)
      const entered = await waitFor(async () => {
        const entries = (await readLedger()).slice(before)
        return entries.length > 0 ? entries : undefined
      })
      expect(entered).toMatchObject([{ path: '/', body: 'reading' }])
      if (half) socket.end()
      else socket.resetAndDestroy()
      await waitFor(async () => (await readLedger()).at(-1)?.body === 'failed' || undefined)
      socket.destroy()
    }
    await neighbour.stop()
  })

  test('clients that reset the connection right behind a bad request end nothing but that', async ({
    expect,
  }) => {
    await using neighbour = watchNeighbour(server, 1)
    for (const text of ['CONNECT a:80 HTTP/1.1\r\n\r\n', 'BAD\r\n\r\n', `${CHUNKED}zz\r\n`]) {
      for (let i = 0; i < 20; i++) {
        const socket = connect(server.port, '127.0.0.1').on('error', () => {})
        socket.write(text.repeat(1 + (i % 3)))
        await sleep(i % 4)
        socket.resetAndDestroy()
      }
    }
    await neighbour.stop()
    expect((await server.send('ledger.test', '/')).status).toBe(200)
    expect(server.log.filter((line) => !line.startsWith('error [ledger '))).toEqual([])
  })

  test('a client of HTTP/1.0 is not told to go on', async ({ expect }) => {
    const text = `POST / HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`
    const { received } = await talk(server.port, [text])
    expect(parseResponses(received, ['POST'])).toMatchObject([{ status: 200, body: 'POST complete 2' }])
  })

  test('three requests to three hosts in one packet are answered in order, each by its app', async ({
    expect,
  }) => {
    const toGet = (host: string) => `GET /${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
    const hosts = ['other.test', 'hello.test', 'ledger.test']
    const before = (await readLedger()).length
    const { received } = await talk(server.port, [hosts.map(toGet).join('')], 500)
    const responses = parseResponses(received, [])
    expect(responses.map(({ status, body }) => [status, body])).toEqual([
      [200, 'GET complete 0'],
      [200, 'Hello from NANO!\n'],
      [200, 'GET complete 0'],
    ])
    expect((await readLedger()).slice(before)).toMatchObject([{ path: '/ledger.test' }])
    const other = (await server.send('other.test', '/ledger')).json<Entry[]>()
    expect(other).toMatchObject([{ path: '/other.test' }])
  })

  test('a request behind one that closes the connection is not answered', async ({ expect }) => {
    const first = `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`
    const { responses, isClosed, entered } = await attack(first)
    expect(responses).toMatchObject([{ status: 200 }])
    expect(isClosed).toBe(true)
    expect(entered).toMatchObject([{ path: '/' }])
  })

  test('an upgrade is not taken: an ordinary answer, and the end', async ({ expect }) => {
    const upgrade =
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c, websocket\r\nHTTP2-Settings: AAAA\r\n'
    const { responses, isClosed, entered } = await attack(`GET / HTTP/1.1\r\n${HOST}${upgrade}\r\n`)
    expect(responses).toMatchObject([{ status: 200, body: 'GET complete 0' }])
    expect(isClosed).toBe(true)
    expect(entered).toMatchObject([{ path: '/' }])
  })

  test('requests before a bad one are answered as if there were none', async ({ expect }) => {
    const good = `GET / HTTP/1.1\r\n${HOST}\r\n`
    const { responses, isClosed, entered } = await attack(`${good}${good}BAD\r\n\r\n`)
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 400])
    expect(isClosed).toBe(true)
    expect(entered).toMatchObject([{ path: '/' }, { path: '/' }])
  })

  test.for(['GET', 'DELETE', 'OPTIONS', 'HEAD'])(
    'a %s with a body is one request',
    async (method, { expect }) => {
      const sized = `${method} / HTTP/1.1\r\n${HOST}Content-Length: ${NEXT.length}\r\n\r\n${NEXT}`
      const chunked = `${method} / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`
      const before = (await readLedger()).length
      const { received } = await talk(server.port, [sized + chunked], 500)
      expect(parseResponses(received, [method, method]).map(({ status }) => status)).toEqual([200, 200])
      expect((await readLedger()).slice(before).filter(({ path }) => path !== '/')).toEqual([])
    },
  )
})
