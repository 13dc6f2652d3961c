/** Answers to an app's own fetches are kept where the app asks for it (`cf.cacheTtl` and the like). */

import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

import { toAsk, TOKEN } from '../harness/admin.ts'
import { makeBytes } from '../harness/bytes.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

interface Got {
  status: number
  cache: string | null
  age: string | null
  cookie: string | null
  redirected: boolean
  url: string
  text: string
  length: number
  error?: string
}

const LARGE = Buffer.from(makeBytes(1_500_000).toString('hex'))

describe('fetches that are kept', () => {
  let upstream: Upstream
  let server: Served
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  /** Each test has paths of its own. */
  let path = ''
  let count = 0
  let asked: string[] = []

  beforeAll(async () => {
    upstream = await startUpstream((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      answer(request, response)
    })
    const app = (name: string) => ({ name, hostname: `${name}.test`, path: fixture('fetch-cache') })
    server = await serve(
      [
        app('one'),
        app('two'),
        { ...app('small'), cache_mb: 1 },
        { ...app('denied'), egress: { allow: ['other.example'] } },
      ],
      2,
      { allowLoopback: true, admin: { port: 0 }, adminToken: TOKEN },
    )
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
  })

  beforeEach(() => {
    path = `/t${++count}`
    asked = []
    answer = (_request, response) => void response.end(`answer ${asked.length}`)
  })

  const fetchIt = async (cf: object | undefined, more: object = {}, host = 'one.test', at = path) => {
    const init = JSON.stringify({ ...(cf && { cf }), ...more })
    const query = new URLSearchParams({ url: upstream.url + at, init }).toString()
    return (await server.send(host, `/?${query}`)).json<Got>()
  }
  const caches = async (op: string, url: string) =>
    server.send('one.test', `/${op}?${new URLSearchParams({ url }).toString()}`)

  test('for as long as the app says, for all shards, and for nobody else', async ({ expect }) => {
    const first = await fetchIt({ cacheTtl: 60 })
    expect(first).toMatchObject({ status: 200, cache: 'MISS', age: null, text: 'answer 1' })
    for (let i = 0; i < 8; i++) {
      // oxlint-disable-next-line no-await-in-loop -- on connections of their own
      expect(await fetchIt({ cacheTtl: 60 })).toMatchObject({ cache: 'HIT', text: 'answer 1' })
    }
    expect((await fetchIt({ cacheTtl: 60 }, {}, 'two.test')).text).toBe('answer 2')
    expect(asked).toEqual([`GET ${path}`, `GET ${path}`])
  })

  test('what asks for nothing is neither kept nor given what is', async ({ expect }) => {
    await fetchIt({ cacheTtl: 60 })
    expect(await fetchIt(undefined)).toMatchObject({ cache: null, text: 'answer 2' })
    expect(await fetchIt({ cacheKey: 'x' })).toMatchObject({ cache: null, text: 'answer 3' })
    expect(await fetchIt({ cacheTtl: 60 }, { method: 'POST', body: 'x' })).toMatchObject({
      cache: null,
      text: 'answer 4',
    })
  })

  test.for<[string, object, Record<string, string>, number, boolean]>([
    [
      'cacheTtl counts for more than the answer',
      { cacheTtl: 60 },
      { 'cache-control': 'no-store' },
      200,
      true,
    ],
    ['of a cookie the rest is kept', { cacheTtl: 60 }, { 'set-cookie': 'a=1' }, 200, true],
    ['cacheTtl is not for errors', { cacheTtl: 60 }, {}, 500, false],
    ['cacheTtl of nothing', { cacheTtl: 0 }, { 'cache-control': 'max-age=60' }, 200, false],
    ['cacheTtl of less', { cacheTtl: -1 }, { 'cache-control': 'max-age=60' }, 200, false],
    ['what is missing', { cacheTtl: 60 }, {}, 404, true],
    ['a range of statuses', { cacheTtlByStatus: { '500-599': 5 } }, {}, 503, true],
    ['a status that is not to be kept', { cacheTtl: 9, cacheTtlByStatus: { '404': -1 } }, {}, 404, false],
    [
      'everything: as the answer says',
      { cacheEverything: true },
      { 'cache-control': 'max-age=9' },
      200,
      true,
    ],
    ['everything: private', { cacheEverything: true }, { 'cache-control': 'private, max-age=9' }, 200, false],
    [
      'everything: a cookie',
      { cacheEverything: true },
      { 'cache-control': 'max-age=9', 'set-cookie': 'a=1' },
      200,
      false,
    ],
    ['everything: silent', { cacheEverything: true }, {}, 200, true],
    ['everything: a silent error', { cacheEverything: true }, {}, 500, false],
    ['Vary: *', { cacheTtl: 60 }, { vary: '*' }, 200, false],
  ])('%s', async ([, cf, headers, status, isKept], { expect }) => {
    answer = (_request, response) => void response.writeHead(status, headers).end(`answer ${asked.length}`)
    const first = await fetchIt(cf)
    const second = await fetchIt(cf)
    expect([first.cache, second.cache]).toEqual(isKept ? ['MISS', 'HIT'] : ['BYPASS', 'BYPASS'])
    expect([second.status, second.text]).toEqual([status, `answer ${isKept ? 1 : 2}`])
    if (isKept) expect(second.cookie).toBe(null)
  })

  test('Vary, and who asks with a secret', async ({ expect }) => {
    answer = (request, response) => {
      const { 'accept-language': language, authorization } = request.headers
      response
        .writeHead(200, { vary: 'Accept-Language, Accept-Encoding' })
        .end(`${language} ${authorization}`)
    }
    const ask = (headers: Record<string, string>) => fetchIt({ cacheTtl: 60 }, { headers })
    await ask({ 'accept-language': 'de', authorization: 'a' })
    expect(
      await ask({ 'accept-language': 'de', authorization: 'a', 'accept-encoding': 'identity' }),
    ).toMatchObject({ cache: 'HIT', text: 'de a' })
    expect(await ask({ 'accept-language': 'en', authorization: 'a' })).toMatchObject({ cache: 'MISS' })
    expect(await ask({ 'accept-language': 'de', authorization: 'b' })).toMatchObject({ text: 'de b' })
    expect(await ask({ 'accept-language': 'de' })).toMatchObject({ cache: 'MISS', text: 'de undefined' })
  })

  test('a key in place of the URL, and tags', async ({ expect }) => {
    const cf = { cacheTtl: 60, cacheKey: `https://key.test${path}`, cacheTags: ['News'] }
    await fetchIt(cf)
    expect(await fetchIt(cf, {}, 'one.test', `${path}?other`)).toMatchObject({
      cache: 'HIT',
      text: 'answer 1',
    })
    expect((await caches('match', cf.cacheKey)).text).toBe('answer 1')
    const json = { tags: ['news'] }
    expect((await toAsk(server)('POST', '/admin/apps/one/purge', { json })).status).toBe(200)
    await waitFor(async () => (await fetchIt(cf)).cache === 'MISS')
  })

  test('it is in caches.default', async ({ expect }) => {
    const url = upstream.url + path
    await fetchIt({ cacheTtl: 60 })
    expect((await caches('match', url)).text).toBe('answer 1')
    expect((await caches('delete', url)).json()).toBe(true)
    expect(await fetchIt({ cacheTtl: 60 })).toMatchObject({ cache: 'MISS', text: 'answer 2' })
  })

  test('parts and conditions are answered from what is kept; without it they are not kept', async ({
    expect,
  }) => {
    answer = (request, response) => {
      if (request.headers.range !== undefined)
        response.writeHead(206, { 'content-range': 'bytes 0-0/8' }).end('a')
      else response.writeHead(200, { etag: '"e"' }).end('answer 1')
    }
    const part = { headers: { range: 'bytes=1-2' } }
    expect(await fetchIt({ cacheTtl: 60 }, part)).toMatchObject({ status: 206, cache: 'BYPASS' })
    await fetchIt({ cacheTtl: 60 })
    expect(await fetchIt({ cacheTtl: 60 }, part)).toMatchObject({ status: 206, cache: 'HIT', text: 'ns' })
    const condition = { headers: { 'if-none-match': '"e"' } }
    expect(await fetchIt({ cacheTtl: 60 }, condition)).toMatchObject({ status: 304, cache: 'HIT', text: '' })
    expect(await fetchIt({ cacheTtl: 60 }, { method: 'HEAD' })).toMatchObject({
      status: 200,
      cache: 'HIT',
      text: '',
    })
  })

  test('a redirect is kept, and so is what it leads to', async ({ expect }) => {
    answer = (request, response) => {
      if (request.url === path) response.writeHead(301, { location: `${path}/there#x` }).end('moved')
      else response.end('there')
    }
    const expected = { status: 200, redirected: true, url: `${upstream.url}${path}/there`, text: 'there' }
    const cf = { cacheTtl: 60, cacheKey: `https://key.test${path}` }
    expect(await fetchIt(cf)).toMatchObject({ ...expected, cache: 'MISS' })
    expect(await fetchIt(cf)).toMatchObject({ ...expected, cache: 'HIT' })
    expect(asked).toEqual([`GET ${path}`, `GET ${path}/there`])
    expect(await fetchIt(cf, { redirect: 'error' })).toMatchObject({
      error: expect.stringContaining('redirect'),
    })
    expect(await fetchIt(cf, { redirect: 'manual' })).toMatchObject({ status: 301, cache: 'HIT' })
  })

  test('cache modes', async ({ expect }) => {
    answer = (request, response) =>
      void response.end(`${asked.length} ${request.headers['cache-control']} ${request.headers.pragma}`)
    const cf = { cacheTtl: 60 }
    expect(await fetchIt(cf)).toMatchObject({ text: '1 undefined undefined' })
    expect(await fetchIt(undefined, { cache: 'no-store' })).toMatchObject({
      cache: null,
      text: '2 no-cache no-cache',
    })
    expect(await fetchIt(cf, { cache: 'no-store' })).toMatchObject({
      error: 'TypeError: CacheTtl: 60, is not compatible with cache: no-store header.',
    })
    expect(await fetchIt(cf)).toMatchObject({ cache: 'HIT', text: '1 undefined undefined' })
    expect(await fetchIt(cf, { cache: 'no-cache' })).toMatchObject({
      cache: 'MISS',
      text: '3 no-cache no-cache',
    })
    expect(await fetchIt(cf)).toMatchObject({ cache: 'HIT', text: '3 no-cache no-cache' })
  })

  test('what is no option is a TypeError', async ({ expect }) => {
    expect(await fetchIt({ cacheTtl: 'x' })).toEqual({
      error: 'TypeError: fetch failed: cf.cacheTtl: expected a number of seconds, got "x"',
    })
    expect(asked).toEqual([])
  })

  test('an answer that was packed, a large one, one that is larger than there is room for', async ({
    expect,
  }) => {
    answer = (_request, response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(LARGE))
    const [first, second] = [await fetchIt({ cacheTtl: 60 }), await fetchIt({ cacheTtl: 60 })]
    expect([first.cache, second.cache, second.text === first.text]).toEqual(['MISS', 'HIT', true])
    expect(second.length).toBe(LARGE.length)
    await fetchIt({ cacheTtl: 60 }, {}, 'small.test')
    expect((await fetchIt({ cacheTtl: 60 }, {}, 'small.test')).cache).toBe('MISS')
  })

  test('an answer that is broken off, or not read, is not kept', async ({ expect }) => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy())
    }
    expect((await fetchIt({ cacheTtl: 60 })).error).toBeDefined()
    answer = (_request, response) => void response.end('whole')
    expect(await fetchIt({ cacheTtl: 60 })).toMatchObject({ cache: 'MISS', text: 'whole' })
    path += '/unread'
    answer = (_request, response) => void response.end(LARGE)
    const init = JSON.stringify({ cf: { cacheTtl: 60 } })
    const query = new URLSearchParams({ url: upstream.url + path, init }).toString()
    expect((await server.send('one.test', `/head?${query}`)).headers['x-status']).toBe('MISS')
    expect((await fetchIt({ cacheTtl: 60 })).cache).toBe('MISS')
  })

  test('what was asked for before a purge is not kept', async ({ expect }) => {
    const begun = Promise.withResolvers<ServerResponse>()
    answer = (_request, response) => begun.resolve(response)
    const first = fetchIt({ cacheTtl: 60 })
    const response = await begun.promise
    const purged = await toAsk(server)('POST', '/admin/apps/one/purge', { json: { everything: true } })
    expect(purged.status).toBe(200)
    response.end('old')
    expect(await first).toMatchObject({ cache: 'MISS', text: 'old' })
    answer = (_request, again) => void again.end('new')
    expect(await fetchIt({ cacheTtl: 60 })).toMatchObject({ cache: 'MISS', text: 'new' })
  })
})

test('a policy is asked before what is kept', async ({ expect }) => {
  await using upstream = await startUpstream((_request, response) => response.end('kept'))
  const app = { name: 'app', hostname: 'app.test', path: fixture('fetch-cache') }
  await using server = await serve([{ ...app, egress: { private: true } }])
  const init = JSON.stringify({ cf: { cacheTtl: 60 } })
  const query = new URLSearchParams({ url: upstream.url, init }).toString()
  const ask = async () => (await server.send('app.test', `/?${query}`)).json<Got>()
  expect([(await ask()).cache, (await ask()).cache]).toEqual(['MISS', 'HIT'])
  await server.put(app)
  expect((await ask()).error).toContain('the address is not allowed')
  expect(upstream.total).toBe(1)
})
