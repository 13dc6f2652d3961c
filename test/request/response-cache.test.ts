/** Responses that an app declares to be for all are given again without asking it. */

import { connect } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NO_COUNTERS } from '../../host/tenant/report.ts'
import { toAsk, TOKEN } from '../harness/admin.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

describe('the response cache', () => {
  let server: Served
  let urls = 0

  beforeAll(async () => {
    const app = { path: fixture('assets') }
    server = await serve(
      [
        { ...app, name: 'cached', hostname: 'cached.test', response_cache: true },
        { ...app, name: 'plain', hostname: 'plain.test' },
        { ...app, name: 'small', hostname: 'small.test', response_cache: { max_mb: 1 } },
        { ...app, name: 'hasty', hostname: 'hasty.test', response_cache: true, timeout_ms: 1000 },
      ],
      1,
      { admin: { port: 0 }, adminToken: TOKEN },
    )
  })

  afterAll(() => server.close())

  /** A path of its own, whose answer has these headers. */
  const page = (headers: Record<string, string>, more = ''): string =>
    `/page${++urls}?headers=${encodeURIComponent(JSON.stringify(headers))}${more}`
  const get = (path: string, headers = {}, host = 'cached.test', method = 'GET') =>
    server.send(host, path, { headers, method })
  const counters = async () =>
    (await server.tenants()).find(({ name }) => name === 'cached')?.counters ?? NO_COUNTERS

  test('what is for all is given again, with its age', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60', etag: '"x"' })
    const before = await counters()
    const first = await get(path)
    const second = await get(path)
    expect([first.headers['cf-cache-status'], second.headers['cf-cache-status']]).toEqual(['MISS', 'HIT'])
    expect([second.text, second.headers['age']]).toEqual([first.text, expect.stringMatching(/^\d+$/)])
    expect((await get(path, { 'if-none-match': '"x"' })).status).toBe(304)
    expect((await get(path, { range: 'bytes=0-2' })).text).toBe('ren')
    const head = await get(path, {}, 'cached.test', 'HEAD')
    expect([head.status, head.headers['content-length']]).toEqual([200, String(first.text.length)])
    const after = await counters()
    expect([after.requests - before.requests, after.cacheHits - before.cacheHits]).toEqual([1, 4])
    expect(after.cacheMisses - before.cacheMisses).toBe(1)
  })

  test.for<[string, Record<string, string>, Record<string, string>]>([
    ['nothing declared', {}, {}],
    ['a lifetime for the client alone', { 'cache-control': 'max-age=60' }, {}],
    ['private', { 'cache-control': 'private, max-age=60' }, {}],
    ['no-store', { 'cache-control': 'public, max-age=60, no-store' }, {}],
    ['a cookie', { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=1' }, {}],
    ['Vary: *', { 'cache-control': 'public, max-age=60', vary: '*' }, {}],
    ['no lifetime left', { 'cache-control': 'public, max-age=60, s-maxage=0' }, {}],
  ])('%s: each is the app’s own', async ([, headers, sent], { expect }) => {
    const path = page(headers)
    const [one, two] = [await get(path, sent), await get(path, sent)]
    expect(one.text).not.toBe(two.text)
    expect(two.headers['cf-cache-status']).not.toBe('HIT')
  })

  test('an app that does not ask for it has none', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' })
    const [one, two] = [await get(path, {}, 'plain.test'), await get(path, {}, 'plain.test')]
    expect([one.text === two.text, two.headers['cf-cache-status']]).toEqual([false, undefined])
  })

  test('what a client says of caches, and who it is, changes nothing for others', async ({ expect }) => {
    const path = page({ 'cache-control': 's-maxage=60' })
    const first = await get(path)
    const forced = await get(path, { 'cache-control': 'no-cache', pragma: 'no-cache', cookie: 'a=1' })
    expect([forced.text, forced.headers['cf-cache-status']]).toEqual([first.text, 'HIT'])
  })

  test('Vary tells responses of one URL apart', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60', vary: 'accept-language' })
    const de = await get(path, { 'accept-language': 'de' })
    const en = await get(path, { 'accept-language': 'en' })
    expect(de.text).not.toBe(en.text)
    expect((await get(path, { 'accept-language': 'de' })).text).toBe(de.text)
    expect((await get(path, { 'accept-language': 'en' })).text).toBe(en.text)
  })

  test('one of many asks the app', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' }, '&wait=200')
    const before = await counters()
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(path)))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect((await counters()).requests - before.requests).toBe(1)
  })

  test('those who wait are not left alone when the one that asks leaves', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' }, '&wait=300')
    const abort = new AbortController()
    const gone = fetch(`http://127.0.0.1:${server.port}${path}`, {
      headers: { host: 'cached.test' },
      signal: abort.signal,
    })
    const waiting = get(path)
    abort.abort()
    await expect(gone).rejects.toThrow()
    expect((await waiting).status).toBe(200)
  })

  test('what is not for keeping is not waited for', async ({ expect }) => {
    const path = page({}, '&wait=100')
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(path)))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(5)
    expect((await get(path)).headers['cf-cache-status']).toBe('BYPASS')
  })

  test('a stale one is given while another is asked for', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=1, stale-while-revalidate=60' })
    const first = await get(path)
    let stale = first
    await waitFor(async () => (stale = await get(path)).headers['cf-cache-status'] === 'STALE')
    expect(stale.text).toBe(first.text)
    await waitFor(async () => (await get(path)).text !== first.text)
  })

  test.for<[string, number, string[]]>([
    ['', 1000, ['MISS', 'HIT']],
    ['', 300_000, ['BYPASS', 'BYPASS']],
    ['&stream', 200_000, ['MISS', 'HIT']],
    ['&stream', 300_000, ['MISS', 'MISS']],
  ])('where there is room for 256 KiB: %s %i', async ([more, size, expected], { expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' }, `${more}&size=${size}`)
    const answers = [await get(path, {}, 'small.test'), await get(path, {}, 'small.test')]
    expect(answers.map(({ headers }) => headers['cf-cache-status'])).toEqual(expected)
    expect(answers.map(({ body }) => body.length)).toEqual([size, size])
  })

  test.for(['origin', 'x-host', 'x-original-url', 'x-rewrite-url', 'x-http-method-override'])(
    'what comes of a %s header is for requests with it',
    async (name, { expect }) => {
      const path = page({ 'cache-control': 'public, max-age=60' }, `&echo=${name}`)
      const evil = await get(path, { [name]: 'evil.test' })
      const plain = await get(path)
      expect([evil.text.includes('evil.test'), plain.text.includes('evil.test')]).toEqual([true, false])
      expect((await get(path)).headers['cf-cache-status']).toBe('HIT')
      expect((await get(path, { [name]: 'evil.test' })).text).toBe(evil.text)
    },
  )

  test.for(['x-forwarded-host', 'forwarded', 'x-forwarded-proto', 'cf-connecting-ip'])(
    'a client’s own word in %s does not reach the app, nor others',
    async (name, { expect }) => {
      const path = page({ 'cache-control': 'public, max-age=60' }, `&echo=${name}`)
      expect((await get(path, { [name]: 'evil.test' })).text).not.toContain('evil.test')
    },
  )

  test('a part, or a head, that was asked for first is not taken for all of it', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' })
    const part = await get(path, { range: 'bytes=0-1' })
    expect([part.status, part.headers['cf-cache-status']]).toEqual([200, 'BYPASS'])
    const head = await get(path, {}, 'cached.test', 'HEAD')
    expect([head.headers['cf-cache-status'], head.body.length]).toEqual(['BYPASS', 0])
    const whole = await get(path)
    expect([whole.headers['cf-cache-status'], whole.text.startsWith('render ')]).toEqual(['MISS', true])
  })

  test('what is one client’s own does not keep the others from what is kept', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' }, '&cookie=private')
    expect((await get(path, { cookie: 'a=1' })).headers['cf-cache-status']).toBe('BYPASS')
    expect((await get(path)).headers['cf-cache-status']).toBe('MISS')
    expect((await get(path)).headers['cf-cache-status']).toBe('HIT')
  })

  test('what the app declares to be for all is, whoever asked for it', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' })
    const first = await get(path, { authorization: 'Bearer a' })
    expect((await get(path)).text).toBe(first.text)
  })

  test('those who wait for another variant ask for it side by side', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60', vary: 'accept-language' }, '&wait=100')
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((language) => get(path, { 'accept-language': language })),
    )
    expect(new Set(answers.map(({ text }) => text)).size).toBe(4)
    expect(Math.max(...answers.map(({ headers }) => Number(headers['x-open'])))).toBe(3)
  })

  test('a stale one is given as long as it may be, although the app fails', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=1, stale-while-revalidate=60' }, '&fails=1')
    const first = await get(path)
    await waitFor(async () => (await get(path)).headers['cf-cache-status'] === 'STALE')
    await server.logged('once was enough')
    const again = await get(path)
    expect([again.status, again.text, again.headers['cf-cache-status']]).toEqual([200, first.text, 'STALE'])
  })

  test('what was asked for before a purge is not kept', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' }, '&wait=300')
    const before = (await counters()).requests
    const first = get(path)
    await waitFor(async () => (await counters()).requests > before)
    const json = { everything: true }
    expect((await toAsk(server)('POST', '/admin/apps/cached/purge', { json })).status).toBe(200)
    const old = await first
    const next = await get(path)
    expect([next.headers['cf-cache-status'], next.text === old.text]).toEqual(['MISS', false])
    expect((await get(path)).text).toBe(next.text)
  })

  test('a client that does not read keeps the others waiting once', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' }, '&stream&size=10000000')
    const slow = connect(server.port, '127.0.0.1')
    slow.write(`GET ${path} HTTP/1.1\r\nHost: hasty.test\r\n\r\n`)
    await new Promise((resolve) => slow.once('readable', resolve))
    const second = await get(path, {}, 'hasty.test')
    expect([second.headers['cf-cache-status'], second.body.length]).toEqual(['MISS', 10_000_000])
    expect((await get(path, {}, 'hasty.test')).headers['cf-cache-status']).toBe('HIT')
    slow.destroy()
  })

  test('it is counted', async ({ expect }) => {
    const before = await counters()
    const path = page({ 'cache-control': 'public, max-age=60', 'cache-tag': 'counted' })
    const { body } = await get(path)
    await get(path)
    await get(page({}))
    const json = { tags: ['counted'] }
    await toAsk(server)('POST', '/admin/apps/cached/purge', { json })
    const after = await counters()
    const names = [
      'cacheMisses',
      'cacheHits',
      'cacheBypasses',
      'cacheStored',
      'cachePurged',
      'cacheBytes',
    ] as const
    expect(names.map((name) => after[name] - before[name])).toEqual([1, 1, 1, 1, 1, body.length])
  })

  test('it is purged: by URL, by tag, all', async ({ expect }) => {
    const ask = toAsk(server)
    const tagged = page({ 'cache-control': 'public, max-age=60', 'cache-tag': 'Posts, p1' })
    const other = page({ 'cache-control': 'public, max-age=60', 'cache-tag': 'p2' })
    const status = async (path: string) => (await get(path)).headers['cf-cache-status']
    const purge = async (json: object) => (await ask('POST', '/admin/apps/cached/purge', { json })).status
    await get(tagged)
    await get(other)
    expect(await purge({ tags: ['posts'] })).toBe(200)
    expect([await status(tagged), await status(other)]).toEqual(['MISS', 'HIT'])
    expect(await purge({ urls: [`http://cached.test${other}`] })).toBe(200)
    expect([await status(tagged), await status(other)]).toEqual(['HIT', 'MISS'])
    expect(await purge({ everything: true })).toBe(200)
    expect([await status(tagged), await status(other)]).toEqual(['MISS', 'MISS'])
    expect(await purge({})).toBe(400)
    expect((await ask('POST', '/admin/apps/nobody/purge', { json: { everything: true } })).status).toBe(404)
  })

  test('a new version begins with nothing', async ({ expect }) => {
    const path = page({ 'cache-control': 'public, max-age=60' })
    await get(path)
    expect((await get(path)).headers['cf-cache-status']).toBe('HIT')
    await server.put({
      name: 'cached',
      hostname: 'cached.test',
      path: fixture('assets'),
      response_cache: true,
    })
    expect((await get(path)).headers['cf-cache-status']).toBe('MISS')
  })
})
