/**
 * Each example app does what it is an example of, served as a person would serve it.
 */

import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { parseConfig } from '../host/config/parse.ts'
import { exampleNames } from './build-apps.ts'
import { toAsk, TOKEN } from './harness/admin.ts'
import { makeBytes } from './harness/bytes.ts'
import { open } from './harness/http.ts'
import { builtExample, example, serve, waitFor } from './harness/serve.ts'
import type { Served } from './harness/serve.ts'
import { answerTogether, startUpstream } from './harness/upstream.ts'
import type { Upstream } from './harness/upstream.ts'
import { openWebSocket } from './harness/web-socket.ts'

const SECRET = 'test-secret'
const JSON_TYPE = { 'content-type': 'application/json' }

describe('example apps', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-apps-'))
  let server: Served
  let upstream: Upstream

  beforeAll(async () => {
    // an app that asked one after the other would get no answer
    upstream = await startUpstream(
      answerTogether(2, (request, response) => {
        if (request.url === '/broken') response.writeHead(503).end()
        else response.end(JSON.stringify({ from: request.url }))
      }),
    )
    const egress = { private: true }
    const app = (name: string, env = {}) => ({
      name,
      hostname: `${name}.test`,
      path: builtExample(name),
      env,
      egress,
    })
    const urls = (weather: string, news: string) => ({
      WEATHER_URL: `${upstream.url}/${weather}`,
      NEWS_URL: `${upstream.url}/${news}`,
    })
    server = await serve(
      [
        ...['hello', 'rest-api', 'events', 'feeds', 'site', 'upload', 'classic', 'digest'].map((name) =>
          app(name),
        ),
        { ...app('file-drop'), r2_buckets: [{ binding: 'FILES' }] },
        { ...app('blog'), assets: { directory: join(example('blog'), 'public') }, response_cache: true },
        { name: 'start', hostname: 'start.test', assets: { directory: join(example('start'), 'public') } },
        { ...app('links'), kv_namespaces: [{ binding: 'LINKS' }] },
        { ...app('guestbook'), d1_databases: [{ binding: 'DB' }] },
        { ...app('chat'), durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] } },
        app('webhook', { WEBHOOK_SECRET: SECRET }),
        { ...app('aggregator', urls('weather', 'news')) },
        { ...app('aggregator', urls('weather', 'broken')), name: 'half', hostname: 'half.test' },
        {
          ...app('aggregator', { WEATHER_URL: 'http://127.0.0.1:1/', NEWS_URL: 'nonsense' }),
          name: 'none',
          hostname: 'none.test',
        },
      ],
      undefined,
      { storageDirectory: directory },
    )
  })

  afterAll(async () => {
    await server.close()
    await upstream.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('nano.json serves every one of them', ({ expect }) => {
    const file = join(import.meta.dirname, '../apps/nano.json')
    const config = parseConfig(readFileSync(file, 'utf8'), file)
    const withCode = config.apps.filter((app) => app.path !== '')
    expect(withCode.map((app) => app.path).sort()).toEqual(exampleNames().map(example).sort())
  })

  test('the start page links to every one of them', ({ expect }) => {
    const file = join(import.meta.dirname, '../apps/nano.json')
    const { apps, port } = parseConfig(readFileSync(file, 'utf8'), file)
    const page = readFileSync(join(import.meta.dirname, '../apps/start/public/index.html'), 'utf8')
    const others = apps.filter(({ name }) => name !== 'start')
    expect(others.filter(({ hostname }) => !page.includes(`href="http://${hostname}:${port}/`))).toEqual([])
  })

  test('the address that is printed for each answers', async ({ expect }) => {
    for (const name of exampleNames()) expect((await server.send(`${name}.test`, '/')).status).toBe(200)
  })

  test('blog: a page is rendered once, its style sheet is a file', async ({ expect }) => {
    const [first, second] = [
      await server.send('blog.test', '/hello'),
      await server.send('blog.test', '/hello'),
    ]
    expect(first.text).toContain('<strong>Markdown</strong>')
    expect([second.text, second.headers['cf-cache-status']]).toEqual([first.text, 'HIT'])
    const style = await server.send('blog.test', '/style.css')
    expect([style.status, style.headers['cache-control']]).toEqual([200, 'public, max-age=3600'])
    expect((await server.send('start.test', '/')).text).toContain('blog.localhost')
  })

  test('hello', async ({ expect }) => {
    expect((await server.send('hello.test', '/')).text).toBe('Hello from NANO!\n')
  })

  test('rest-api: create, read, list, change, delete', async ({ expect }) => {
    const at = (path: string, method = 'GET', note?: unknown) => {
      const body = note === undefined ? {} : { body: JSON.stringify(note), headers: JSON_TYPE }
      return server.send('rest-api.test', path, { method, ...body })
    }
    const created = await at('/notes', 'POST', { title: ' milk ' })
    expect(created.status).toBe(201)
    expect(created.headers.location).toBe('/notes/1')
    const note = { id: 1, title: 'milk', text: '', done: false }
    expect((await at('/notes/1')).json()).toEqual(note)
    expect((await at('/notes/1', 'PUT', { title: 'milk', done: true })).json()).toEqual({
      ...note,
      done: true,
    })
    expect((await at('/notes?done=true')).json()).toEqual({ notes: [{ ...note, done: true }] })
    expect((await at('/notes?done=false')).json()).toEqual({ notes: [] })
    const deleted = await at('/notes/1', 'DELETE')
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    for (const method of ['GET', 'DELETE', 'PUT']) {
      expect((await at('/notes/1', method, method === 'PUT' ? { title: 'x' } : undefined)).status).toBe(404)
    }
    expect((await at('/elsewhere')).json()).toEqual({ error: 'nothing at GET /elsewhere' })
  })

  test.for(['', '{', '[]', '{}', '{"title":""}', '{"title":1}', '{"title":"a","done":"yes"}'])(
    'rest-api refuses %s as a note',
    async (body, { expect }) => {
      const answer = await server.send('rest-api.test', '/notes', {
        method: 'POST',
        body,
        headers: JSON_TYPE,
      })
      expect(answer.status).toBe(400)
      expect(answer.json()).toEqual({ error: expect.any(String) })
    },
  )

  test('events: a stream of ticks that ends', async ({ expect }) => {
    const answer = await server.send('events.test', '/ticks?count=3&every=20')
    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(answer.text.match(/^data: .*$/gm)).toEqual([1, 2, 3].map((tick) => `data: {"tick":${tick}}`))
  })

  test('events: a stream whose client leaves stops', async ({ expect }) => {
    const countOpen = async () => (await server.send('events.test', '/open')).json<{ open: number }>().open
    const message = await open(server.port, { host: 'events.test', path: '/ticks?count=100000&every=10' })
    await new Promise((resolve) => message.once('data', resolve))
    expect(await countOpen()).toBe(1)
    message.destroy()
    await waitFor(async () => ((await countOpen()) === 0 ? true : undefined))
  })

  test('webhook: takes only what is signed', async ({ expect }) => {
    const deliver = (body: string, signature: string) =>
      server.send('webhook.test', '/', { method: 'POST', body, headers: { 'x-signature-256': signature } })
    const sign = (body: string, secret = SECRET) =>
      `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    const body = '{"event":"push"}'
    expect((await deliver(body, sign(body))).status).toBe(202)
    expect((await deliver(`${body} `, sign(body))).status).toBe(401)
    expect((await deliver(body, sign(body, 'other'))).status).toBe(401)
    expect((await deliver(body, 'sha256=beef')).status).toBe(400)
    expect((await deliver('[]', sign('[]'))).status).toBe(422)
    expect((await server.send('webhook.test', '/', { method: 'PUT' })).status).toBe(405)
    await server.logged('handled push')
  })

  test('aggregator: both, one or none of two upstreams', async ({ expect }) => {
    const both = await server.send('aggregator.test', '/')
    expect(both.json()).toEqual({
      complete: true,
      weather: { ok: true, data: { from: '/weather' } },
      news: { ok: true, data: { from: '/news' } },
    })
    const half = await server.send('half.test', '/')
    expect([half.status, half.json().complete]).toEqual([200, false])
    expect(half.json().news).toEqual({ ok: false, problem: 'upstream answered 503' })
    const none = await server.send('none.test', '/')
    expect([none.status, none.json().complete]).toEqual([502, false])
  })

  test('feeds', async ({ expect }) => {
    expect((await server.send('feeds.test', '/weather')).json()).toHaveProperty('celsius')
    expect((await server.send('feeds.test', '/x')).status).toBe(404)
  })

  test('site: a form, a redirect, cookies and escaping', async ({ expect }) => {
    const body = new URLSearchParams({ name: 'Zoë <b>', text: '<script>"&\'' }).toString()
    const posted = await server.send('site.test', '/sign', { method: 'POST', body })
    expect([posted.status, posted.headers.location]).toEqual([303, '/'])
    expect(posted.headers['set-cookie']).toHaveLength(2)
    const cookie = posted.headers['set-cookie']!.map((each) => each.split(';')[0]).join('; ')
    const page = (await server.send('site.test', '/', { headers: { cookie } })).text
    expect(page).toContain('Welcome back, Zoë &lt;b&gt;!')
    expect(page).toContain('&lt;script&gt;&quot;&amp;&#39;')
    expect(page).not.toContain('<script>')
    expect((await server.send('site.test', '/sign', { method: 'POST', body: 'name=x' })).status).toBe(400)
    expect((await server.send('site.test', '/nowhere')).status).toBe(404)
  })

  test('upload: sends back, counts and makes bytes', async ({ expect }) => {
    const body = makeBytes(3_000_000)
    const echoed = await server.send('upload.test', '/echo', { method: 'POST', body })
    expect(echoed.body.equals(body)).toBe(true)
    const counted = await server.send('upload.test', '/count', { method: 'POST', body: 'Wikipedia' })
    expect(counted.json()).toEqual({ bytes: 9, chunks: 1 })
    const big = await server.send('upload.test', '/count', { method: 'POST', body })
    expect(big.json()).toMatchObject({ bytes: 3_000_000 })
    const made = await server.send('upload.test', '/download?bytes=100000')
    expect(
      made.body.equals(
        Buffer.from(
          Array.from({ length: 100_000 }, (_, i) => ((i % 65_536) * 31 + ((i % 65_536) >> 8)) & 255),
        ),
      ),
    ).toBe(true)
    expect((await server.send('upload.test', '/download?bytes=-1')).status).toBe(400)
  })

  test('file-drop: files come and go as streams, in parts, and only when they changed', async ({
    expect,
  }) => {
    const body = makeBytes(3_000_000)
    const at = (path: string, options: Parameters<Served['send']>[2] = {}) =>
      server.send('file-drop.test', path, options)
    const sent = await at('/a%20b', { method: 'PUT', body, headers: { 'content-type': 'text/html' } })
    expect([sent.status, sent.json().size]).toEqual([201, body.length])
    const got = await at('/a%20b')
    expect(got.body.equals(body)).toBe(true)
    expect(got.headers).toMatchObject({ 'content-type': 'text/html', 'content-disposition': 'attachment' })
    const part = await at('/a%20b', { headers: { range: 'bytes=-5' } })
    expect([part.status, part.body.equals(body.subarray(-5))]).toEqual([206, true])
    expect(part.headers['content-range']).toBe('bytes 2999995-2999999/3000000')
    const etag = got.headers['etag'] as string
    expect((await at('/a%20b', { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await at('/a%20b', { headers: { range: 'bytes=3000000-' } })).status).toBe(200)
    await at('/%3Cscript%3E', { method: 'PUT', body: 'x' })
    const page = (await at('/')).text
    expect(page).toContain('>a b</a>')
    expect(page).toContain('&lt;script&gt;')
    expect((await at('/a%20b', { method: 'DELETE' })).status).toBe(204)
    expect((await at('/a%20b')).status).toBe(404)
  })

  test('links: shortens, leads on, lists, refuses', async ({ expect }) => {
    const shorten = (body: string) =>
      server.send('links.test', '/', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    const { status, text } = await shorten('url=https://example.com/a?b=c&days=7')
    expect([status, text]).toEqual([201, expect.stringMatching(/^http:\/\/links\.test\/[\w-]{8}\n$/)])
    const { pathname } = new URL(text)
    const led = await server.send('links.test', pathname)
    expect([led.status, led.headers.location]).toEqual([302, 'https://example.com/a?b=c'])
    expect((await server.send('links.test', '/links')).text).toContain(`<a href="${pathname}">`)
    expect((await server.send('links.test', '/nothing')).status).toBe(404)
    for (const wrong of ['url=javascript:1', 'url=https://a.test&days=0'])
      expect((await shorten(wrong)).status).toBe(400)
  })

  test('guestbook: what is written is shown, as text', async ({ expect }) => {
    const write = (body: string) =>
      server.send('guestbook.test', '/', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    expect((await write('name=Ada&message=%3Cb%3EHello')).status).toBe(303)
    expect((await write('name=&message=x')).status).toBe(400)
    const { text } = await server.send('guestbook.test', '/')
    expect(text).toContain('<h2>Ada</h2><p>&lt;b&gt;Hello</p>')
    const entries = (await server.send('guestbook.test', '/entries')).json()
    expect(entries).toMatchObject([{ name: 'Ada', message: '<b>Hello' }])
  })

  test('chat: all who are in a room hear what one says, and nobody else', async ({ expect }) => {
    const enter = (room: string, name: string) =>
      openWebSocket(server.port, { host: 'chat.test', path: `/rooms/${room}?name=${name}` })
    using one = await enter('lobby', 'Ada')
    using two = await enter('lobby', 'Bob')
    using other = await enter('attic', 'Eve')
    const say = (room: string, body: string) =>
      server.send('chat.test', `/rooms/${room}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    one.socket.send('Hello')
    const heard = [await one.next(), await two.next()].map((json) => JSON.parse(String(json)) as unknown)
    expect(heard).toMatchObject([
      { name: 'Ada', text: 'Hello' },
      { name: 'Ada', text: 'Hello' },
    ])
    expect((await say('attic', 'name=Cay&text=Alone')).text).toBe('1 heard it\n')
    expect((await say('attic', 'name=&text=x')).status).toBe(400)
    expect(JSON.parse(String(await other.next()))).toMatchObject({ name: 'Cay', text: 'Alone' })
    other.socket.send('ping')
    expect(await other.next()).toBe('pong')
    other.socket.send(new Uint8Array([1]))
    expect((await other.over)[0]).toBe(1008)
    // who comes later hears what was said before
    using late = await enter('lobby', 'Dan')
    expect(JSON.parse(String(await late.next()))).toMatchObject({ name: 'Ada', text: 'Hello' })
    expect((await server.send('chat.test', '/rooms/lobby')).json()).toMatchObject([{ text: 'Hello' }])
    expect((await server.send('chat.test', '/')).text).toContain('<title>Chat</title>')
  })

  test('digest: what the clock makes is there for whoever asks', async ({ expect }) => {
    await using own = await serve(
      [
        {
          name: 'digest',
          path: builtExample('digest'),
          env: { FEEDS: [`${upstream.url}/a`, `${upstream.url}/b`, 'nonsense'] },
          egress: { private: true },
        },
      ],
      1,
      { admin: { port: 0 }, adminToken: TOKEN },
    )
    const read = async () => JSON.parse((await own.send('digest', '/')).text) as unknown
    expect(await read()).toMatchObject({ entries: [] })
    const { text } = await toAsk(own)('POST', '/admin/apps/digest/scheduled', { json: { scheduled_time: 0 } })
    expect(JSON.parse(text)).toMatchObject({ outcome: 'ok' })
    expect(await read()).toMatchObject({
      madeAt: '1970-01-01T00:00:00.000Z',
      entries: [
        { url: `${upstream.url}/a`, title: 'no title (200)' },
        { url: `${upstream.url}/b`, title: 'no title (200)' },
        { url: 'nonsense', title: expect.stringContaining('not reached') as string },
      ],
    })
  })

  test('classic', async ({ expect }) => {
    const answer = await server.send('classic.test', '/a?b=c', { method: 'POST', body: 'text' })
    expect(answer.text).toBe('POST /a\nb=c\ntext\n')
  })
})
