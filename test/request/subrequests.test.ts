/**
 * `fetch` in an app: what goes out, what comes back, and many at once.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { makeBytes, streamBytes } from '../harness/bytes.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { answerTogether, startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

describe('subrequests', () => {
  let server: Served
  let upstream: Upstream
  const get = (path: string, target: string, extra = '') =>
    server.send('sub.test', `${path}?url=${encodeURIComponent(target)}${extra}`)

  beforeAll(async () => {
    const egress = { private: true }
    server = await serve([
      { name: 'subrequests', hostname: 'sub.test', path: fixture('subrequests'), egress },
    ])
    upstream = await startUpstream(answer)
    await server.send('sub.test', '/')
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  test('an answer can be the response', async ({ expect }) => {
    expect((await get('/get', `${upstream.url}/text`)).text).toBe('text')
    expect((await get('/get', `${upstream.url}/missing`)).status).toBe(404)
    expect((await get('/get', `${upstream.url}/cookies`)).headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect((await get('/get', `${upstream.url}/bytes`)).body.equals(makeBytes(1_000_000))).toBe(true)
  })

  test('an answer tells its status, URL and headers', async ({ expect }) => {
    expect((await get('/describe', `${upstream.url}/missing`)).json()).toMatchObject({
      status: 404,
      statusText: 'Gone Fishing',
      url: `${upstream.url}/missing`,
      redirected: false,
      text: 'nothing here',
    })
  })

  test('redirects are followed, shown or refused as the app says', async ({ expect }) => {
    expect((await get('/describe', `${upstream.url}/moved`)).json()).toMatchObject({
      status: 200,
      url: `${upstream.url}/text`,
      redirected: true,
    })
    const manual = await get('/describe', `${upstream.url}/moved`, '&redirect=manual')
    expect(manual.json()).toMatchObject({ status: 302, redirected: false })
    expect((await get('/describe', `${upstream.url}/moved`, '&redirect=error')).status).toBe(500)
  })

  test('method, headers and body go out', async ({ expect }) => {
    const target = encodeURIComponent(`${upstream.url}/reflect`)
    const answer = await server.send('sub.test', `/post?url=${target}`, { method: 'POST', body: 'sent' })
    expect(answer.json()).toMatchObject({ method: 'POST', body: 'sent', headers: { 'x-from': 'guest' } })
  })

  test('a request can be handed on as it streams in', async ({ expect }) => {
    const target = encodeURIComponent(`${upstream.url}/reflect`)
    const body = 'y'.repeat(300_000)
    const headers = { 'x-own': 'kept' }
    const answer = await server.send('sub.test', `/forward?url=${target}`, { method: 'PUT', body, headers })
    const { body: arrived, ...rest } = answer.json()
    expect(rest).toMatchObject({ method: 'PUT', headers: { 'x-own': 'kept' } })
    expect(arrived === body).toBe(true)
  })

  test('a failure is a TypeError', async ({ expect }) => {
    for (const target of ['http://127.0.0.1:1/', `${upstream.url.replace('http', 'https')}/`, 'nonsense']) {
      expect((await get('/error', target)).json()).toMatchObject({ name: 'TypeError' })
    }
  })

  test('an answer that breaks off does not look complete', async ({ expect }) => {
    expect((await get('/describe', `${upstream.url}/broken`)).status).toBe(500)
  })

  test.for(['file:///etc/passwd', 'ftp://127.0.0.1/', 'blob:x'])(
    'the host fetches no %s',
    async (target, { expect }) => {
      expect((await get('/error', target)).json()).toMatchObject({ name: 'TypeError' })
    },
  )

  test('abort stops waiting', async ({ expect }) => {
    expect((await get('/abort', `${upstream.url}/never`)).json()).toEqual({ name: 'AbortError' })
  })

  test('an answer may have many headers', async ({ expect }) => {
    expect((await get('/error', `${upstream.url}/many-headers`)).text).toBe('answered')
  })

  test('a fetch puts no listener of its own on its signal, however it ends', async ({ expect }) => {
    expect((await get('/listeners', upstream.url)).json()).toEqual({ most: 0, left: 0 })
  })

  test('chunks of answers and of requests are of the realm of the app', async ({ expect }) => {
    const path = `/chunks?url=${encodeURIComponent(`${upstream.url}/bytes`)}`
    const answer = await server.send('sub.test', path, { method: 'POST', body: streamBytes(300_000) })
    const kinds = answer.json<boolean[]>()
    expect(kinds.length).toBeGreaterThan(10)
    expect(kinds.every(Boolean)).toBe(true)
  })

  test('two fetches of one request run at the same time', async ({ expect }) => {
    await using two = await startUpstream(answerTogether(2))
    expect((await get('/twice', two.url)).json()).toEqual(['text', 'text'])
  })

  test('50 requests that each wait for an upstream wait together', async ({ expect }) => {
    await using crowd = await startUpstream(answerTogether(50))
    const answers = await Promise.all(Array.from({ length: 50 }, () => get('/get', `${crowd.url}/`)))
    expect(answers.map((answer) => answer.text)).toEqual(answers.map(() => 'text'))
  })
})

/** The upstream's pages. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (request.url) {
    case '/never':
      break
    case '/moved':
      response.writeHead(302, { location: '/text' }).end()
      break
    case '/missing':
      response.writeHead(404, 'Gone Fishing').end('nothing here')
      break
    case '/cookies':
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end()
      break
    case '/many-headers':
      response
        .writeHead(200, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'y'])))
        .end()
      break
    case '/bytes':
      response.end(makeBytes(1_000_000))
      break
    case '/broken':
      response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy())
      break
    case '/reflect': {
      const body = Buffer.concat(await request.toArray()).toString()
      response.end(JSON.stringify({ method: request.method, headers: request.headers, body }))
      break
    }
    default:
      response.end('text')
  }
}
