/** An app's own files and caches, as it asks for them itself: env.ASSETS, caches.default, caches.open(). */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { makeBytes } from '../harness/bytes.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const LARGE = makeBytes(2_000_000)

describe('files and caches that an app asks for', () => {
  const root = mkdtempSync(join(tmpdir(), 'nano-assets-'))
  let server: Served

  beforeAll(async () => {
    writeFileSync(join(root, 'index.html'), '<h1>home</h1>')
    writeFileSync(join(root, 'about.html'), 'about')
    writeFileSync(join(root, 'large.bin'), LARGE)
    const app = (name: string) => ({ name, hostname: `${name}.test`, path: fixture('assets') })
    server = await serve(
      [
        { ...app('one'), assets: { directory: root, binding: 'ASSETS', run_worker_first: true } },
        app('two'),
        {
          ...app('three'),
          assets: { directory: root, binding: 'ASSETS', not_found_handling: 'single-page-application' },
        },
      ],
      2,
    )
  })

  afterAll(async () => {
    await server.close()
    rmSync(root, { recursive: true })
  })

  const ask = (path: string, query: Record<string, string> = {}, host = 'one.test', headers = {}) =>
    server.send(host, `${path}?${new URLSearchParams(query).toString()}`, { headers })

  test('a file, and what a redirect leads to', async ({ expect }) => {
    expect((await ask('/asset', { path: '/' })).json()).toMatchObject({
      status: 200,
      type: 'text/html; charset=utf-8',
      start: '<h1>home</h1>',
      redirected: false,
    })
    const followed = (await ask('/asset', { path: '/about.html' })).json()
    expect(followed).toMatchObject({ status: 200, start: 'about', redirected: true })
    expect((await ask('/asset', { path: '/none' })).json()).toMatchObject({ status: 404, length: 0 })
    expect((await ask('/asset', { path: '/none' }, 'three.test')).json()).toMatchObject({
      status: 200,
      length: 13,
    })
  })

  test('a large file goes through the app', async ({ expect }) => {
    const answer = await ask('/proxy', { path: '/large.bin' })
    expect([answer.status, answer.body.equals(LARGE)]).toEqual([200, true])
    const part = await ask('/proxy', { path: '/large.bin' }, 'one.test', { range: 'bytes=100-199' })
    expect([part.status, part.body.equals(LARGE.subarray(100, 200))]).toEqual([206, true])
  })

  test('what is put is found, on every shard, by nobody else', async ({ expect }) => {
    expect((await ask('/put', { headers: '{"cache-control":"max-age=60","etag":"\\"e\\""}' })).text).toBe(
      'put',
    )
    for (let i = 0; i < 8; i++) {
      // oxlint-disable-next-line no-await-in-loop -- on connections of their own
      const found = await ask('/match')
      expect([found.status, found.text, found.headers['cf-cache-status']]).toEqual([200, 'kept', 'HIT'])
    }
    expect((await ask('/match', {}, 'two.test')).status).toBe(404)
    expect((await ask('/match', { cache: 'other' })).status).toBe(404)
    expect((await ask('/match', { cache: '' })).status).toBe(404)
    expect((await ask('/match', { method: 'POST' })).status).toBe(404)
    expect((await ask('/match', { method: 'POST', ignore: '' })).status).toBe(200)
    const part = await ask('/match', {}, 'one.test', { range: 'bytes=1-2' })
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, 'ep', 'bytes 1-2/4'])
    expect((await ask('/match', {}, 'one.test', { 'if-none-match': '"e"' })).status).toBe(304)
    expect((await ask('/delete')).json()).toBe(true)
    expect((await ask('/delete')).json()).toBe(false)
    expect((await ask('/match')).status).toBe(404)
  })

  test.for<[string, Record<string, string>, string]>([
    ['Vary: *', { headers: '{"vary":"*"}' }, "TypeError: Cannot cache response with 'Vary: *' header."],
    [
      'a part',
      { status: '206' },
      'TypeError: Cannot cache response to a range request (206 Partial Content).',
    ],
  ])('%s is refused', async ([, query, text], { expect }) => {
    expect((await ask('/put', query)).text).toBe(text)
  })

  test.for<[string, string, number]>([
    ['no-store', '{"cache-control":"no-store"}', 404],
    ['private', '{"cache-control":"private, max-age=60"}', 404],
    ['max-age=0', '{"cache-control":"max-age=0"}', 404],
    ['a cookie', '{"cache-control":"max-age=60","set-cookie":"a=1"}', 404],
    [
      'a cookie that stays behind',
      '{"cache-control":"private=Set-Cookie, max-age=60","set-cookie":"a=1"}',
      200,
    ],
    ['Expires', `{"expires":"${new Date(Date.now() + 60_000).toUTCString()}"}`, 200],
    ['nothing said', '{}', 200],
  ])('of %s: %s gives %i', async ([label, headers, status], { expect }) => {
    await ask('/put', { cache: label, headers })
    const found = await ask('/match', { cache: label })
    expect([found.status, found.headers['set-cookie']]).toEqual([status, undefined])
  })

  test('a response for one language is none for another', async ({ expect }) => {
    const headers = '{"cache-control":"max-age=60","vary":"Accept-Language"}'
    await ask('/put', { cache: 'vary', headers, body: 'hallo' }, 'one.test', { 'accept-language': 'de' })
    await ask('/put', { cache: 'vary', headers, body: 'hello' }, 'one.test', { 'accept-language': 'en' })
    const read = async (language: string) =>
      (await ask('/match', { cache: 'vary' }, 'one.test', { 'accept-language': language })).text
    expect([await read('de'), await read('en'), await read('fr')]).toEqual(['hallo', 'hello', 'none'])
  })

  test('a key in place of the URL', async ({ expect }) => {
    const put = (key: string, body: string) => ask('/put', { cache: 'keys', key, body })
    await put('one', 'first')
    await put('https://key.test/two', 'second')
    const read = async (key: string, more = {}) => (await ask('/match', { cache: 'keys', key, ...more })).text
    expect([await read('one'), await read('https://key.test/two')]).toEqual(['first', 'second'])
    expect(await read('one', { method: 'POST', ignore: '' })).toBe('first')
    expect((await ask('/match', { cache: 'keys' })).status).toBe(404)
  })

  test.for<[string, number]>([
    ['Tue, 13 Sep 2022 11:00:00 GMT', 200],
    ['Tue, 13 Sep 2022 12:00:00 GMT', 304],
    ['Tue, 13 Sep 2022 13:00:00 GMT', 304],
    ['13 Sep 2022 13:00:00 GMT', 200],
  ])('If-Modified-Since: %s gives %i', async ([since, status], { expect }) => {
    const headers = '{"cache-control":"max-age=60","last-modified":"Tue, 13 Sep 2022 12:00:00 GMT"}'
    await ask('/put', { cache: 'modified', headers })
    const found = await ask('/match', { cache: 'modified' }, 'one.test', { 'if-modified-since': since })
    expect(found.status).toBe(status)
  })

  test('it is counted', async ({ expect }) => {
    const names = ['ownCacheHits', 'ownCacheMisses', 'ownCacheStored', 'ownCacheBytes'] as const
    const read = async () => {
      const [two] = (await server.tenants()).filter(({ name }) => name === 'two')
      return names.map((name) => two?.counters[name] ?? 0)
    }
    const before = await read()
    await ask('/put', { cache: 'counted' }, 'two.test')
    await ask('/match', { cache: 'counted' }, 'two.test')
    await ask('/match', { cache: 'none' }, 'two.test')
    const after = await read()
    expect(after.map((count, i) => count - before[i]!)).toEqual([1, 1, 1, 4])
  })

  test('it is over when its time is', async ({ expect }) => {
    await ask('/put', { cache: 'short', headers: '{"cache-control":"max-age=1"}' })
    expect((await ask('/match', { cache: 'short' })).status).toBe(200)
    await waitFor(async () => (await ask('/match', { cache: 'short' })).status === 404)
  })

  test('what the classes are called, and who may make one', async ({ expect }) => {
    expect((await ask('/names')).json()).toEqual([
      '[object CacheStorage]',
      'Cache',
      true,
      'TypeError: Illegal constructor',
      'TypeError: Illegal constructor',
    ])
  })
})
