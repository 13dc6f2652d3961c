/**
 * Requests and responses beyond a tenant's limits, each beside a neighbour on the same shard: the client is told why
 * and can read it, its connection ends, and what can be refused unread never reaches the app.
 */

import { connect } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { streamBytes } from '../harness/bytes.ts'
import { open } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { parseResponses, talk } from '../harness/socket.ts'

const KIB = 1024
const MIB = 1024 * 1024
const HOST = 'Host: ledger.test\r\n'
const NEXT = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`

interface Entry {
  method: string
  path: string
  body: string
}

describe('limits of requests', () => {
  let server: Served

  beforeAll(async () => {
    const limits = { max_url_kb: 1, max_header_kb: 2, max_body_mb: 1, max_response_mb: 1, timeout_ms: 20_000 }
    const path = fixture('ledger')
    server = await serve([
      { name: 'ledger', hostname: 'ledger.test', path, ...limits },
      { name: 'bodiless', hostname: 'bodiless.test', path, ...limits, max_body_mb: 0 },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  const readLedger = async (host = 'ledger.test') => (await server.send(host, '/ledger')).json<Entry[]>()

  /** What became of `parts` with another request behind them, and what reached the app meanwhile. */
  const refusal = async (parts: string[], method = 'POST') => {
    await using neighbour = watchNeighbour(server)
    const before = await readLedger()
    const { received, isClosed } = await talk(server.port, [...parts, NEXT])
    const after = await readLedger()
    await neighbour.stop()
    const answers = parseResponses(received, [method]).map(({ status, headers, body }) => ({
      status,
      code: (JSON.parse(body) as { error: { code: string } }).error.code,
      connection: headers.find(([name]) => name === 'connection')?.[1],
    }))
    return { answers, isClosed, entered: after.slice(before.length) }
  }

  /** One answer, and the end. */
  const refused = (status: number, code: string) => ({
    answers: [{ status, code, connection: 'close' }],
    isClosed: true,
  })

  test.for([
    ['a little longer', KIB + 1, 414, 'URL_TOO_LONG'],
    ['longer than any app takes', 500 * KIB, 431, 'HEADERS_TOO_LARGE'],
  ] as const)('a URL %s is refused and the app not entered', async ([, length, status, code], { expect }) => {
    const target = `/${'u'.repeat(length - 1)}`
    const got = await refusal([`GET ${target} HTTP/1.1\r\n${HOST}\r\n`], 'GET')
    expect(got).toMatchObject(refused(status, code))
    expect(got.entered).toEqual([])
  })

  test.for([
    ['a little more than the app takes', `X-Long: ${'x'.repeat(2 * KIB)}\r\n`],
    ['more than any app takes', `X-Long: ${'x'.repeat(500 * KIB)}\r\n`],
    ['in many small ones', 'X: y\r\n'.repeat(400)],
    ['in 300 headers', 'X:\r\n'.repeat(300)],
    ['in 2,500 headers', 'X: y\r\n'.repeat(2500)],
  ])('headers of %s are refused and the app not entered', async ([, headers], { expect }) => {
    const got = await refusal([`GET / HTTP/1.1\r\n${HOST}${headers}\r\n`], 'GET')
    expect(got).toMatchObject(refused(431, 'HEADERS_TOO_LARGE'))
    expect(got.entered).toEqual([])
  })

  test('what is just within the limits gets in', async ({ expect }) => {
    const path = `/url?${'u'.repeat(KIB - 5)}`
    const headers = { 'x-long': 'x'.repeat(2 * KIB - 200) }
    expect((await server.send('ledger.test', path, { headers })).status).toBe(200)
    const body = new Uint8Array(MIB)
    expect((await server.send('ledger.test', '/', { method: 'POST', body })).text).toBe(
      `POST complete ${MIB}`,
    )
    const chunked = streamBytes(MIB)
    expect((await server.send('ledger.test', '/', { method: 'POST', body: chunked })).text).toBe(
      `POST complete ${MIB}`,
    )
  })

  test('a body that says it is too large is refused before a byte of it comes', async ({ expect }) => {
    const head = `POST / HTTP/1.1\r\n${HOST}Content-Length: ${MIB + 1}\r\n\r\n`
    const got = await refusal([head])
    expect(got).toMatchObject(refused(413, 'BODY_TOO_LARGE'))
    expect(got.entered).toEqual([])
    await server.logged('[ledger ', 'POST /', 'BODY_TOO_LARGE')
  })

  test('a client that sends all of a too large body before it reads still reads the answer', async ({
    expect,
  }) => {
    const body = 'x'.repeat(8 * MIB)
    const got = await refusal([`POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`, body])
    expect(got).toMatchObject(refused(413, 'BODY_TOO_LARGE'))
    expect(got.entered).toEqual([])
  })

  test('a client that expects to be told to go on is told not to', async ({ expect }) => {
    const head = `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: ${MIB + 1}\r\n\r\n`
    const got = await refusal([head])
    expect(got).toMatchObject(refused(413, 'BODY_TOO_LARGE'))
  })

  test('a chunked body that passes the limit is refused, and never a complete body to the app', async ({
    expect,
  }) => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const head = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`
    const got = await refusal([head, ...Array.from({ length: 40 }, () => chunk), '0\r\n\r\n'])
    expect(got).toMatchObject(refused(413, 'BODY_TOO_LARGE'))
    expect(got.entered).toMatchObject([{ method: 'POST', path: '/' }])
    await waitFor(async () => (await readLedger()).at(-1)?.body === 'failed' || undefined)
    expect((await server.send('ledger.test', '/')).text).toBe('GET complete 0')
  })

  test('a chunked body that passes the limit behind the head of the answer cuts the connection', async ({
    expect,
  }) => {
    await using neighbour = watchNeighbour(server)
    const body = streamBytes(4 * MIB)
    const path = '/answer-first'
    // the cut may come before the head is read
    const reading = open(server.port, { host: 'ledger.test', path, method: 'POST', body }).then((message) =>
      message.toArray(),
    )
    await expect(reading).rejects.toThrow(/aborted|ECONNRESET|EPIPE/)
    await waitFor(async () => (await readLedger()).at(-1)?.body === 'failed' || undefined)
    await neighbour.stop()
  })

  test('an endless body that the app does not read ends with its connection', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    const socket = connect(server.port, '127.0.0.1')
    let received = ''
    socket.on('data', (part) => (received += String(part))).on('error', () => {})
    socket.write(`POST /ignore HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', pour)
    pour()
    // what it was still writing may have failed, which is no reason to reject
    await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    expect(parseResponses(received, ['POST'])).toMatchObject([{ status: 200, body: 'ignored' }])
    expect(socket.bytesWritten).toBeLessThan(128 * MIB)
    await neighbour.stop()
  })

  test.for([
    ['of known size', 'Content-Length: 1\r\n\r\nx'],
    ['of unknown size', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
  ])('an app that takes no bodies is not entered for one %s', async ([, rest], { expect }) => {
    const { received, isClosed } = await talk(server.port, [
      `POST / HTTP/1.1\r\nHost: bodiless.test\r\n${rest}`,
    ])
    expect([parseResponses(received, ['POST']).map(({ status }) => status), isClosed]).toEqual([[413], true])
    expect((await server.send('bodiless.test', '/', { method: 'POST', body: '' })).status).toBe(200)
    expect(await readLedger('bodiless.test')).not.toContainEqual(
      expect.objectContaining({ body: 'complete 1' }),
    )
  })

  test('a whole response beyond the limit becomes an error', async ({ expect }) => {
    expect((await server.send('ledger.test', `/whole?bytes=${MIB}`)).body.length).toBe(MIB)
    const answer = await server.send('ledger.test', `/whole?bytes=${MIB + 1}`)
    expect([answer.status, answer.json()]).toEqual([
      502,
      { error: { code: 'APP_RESPONSE_TOO_LARGE', message: expect.any(String) } },
    ])
    await server.logged('[ledger ', 'GET /whole', 'APP_RESPONSE_TOO_LARGE')
  })

  test('a streamed response is cut when it passes the limit', async ({ expect }) => {
    await using neighbour = watchNeighbour(server)
    expect((await server.send('ledger.test', `/stream?bytes=${MIB}`)).body.length).toBe(MIB)
    const message = await open(server.port, { host: 'ledger.test', path: `/stream?bytes=${2 * MIB}` })
    let got = 0
    const reading = (async () => {
      for await (const part of message) got += (part as Buffer).length
    })()
    await expect(reading).rejects.toThrow(/aborted|ECONNRESET/)
    expect(got).toBeLessThanOrEqual(MIB)
    await server.logged('[ledger ', 'GET /stream', 'APP_RESPONSE_TOO_LARGE')
    await neighbour.stop()
  })
})
