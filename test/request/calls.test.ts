// Service bindings: an app's fetch of another app, on one shard and between shards, and what becomes of it when either fails.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { open, type Answer } from '../harness/http.ts'
import { PLACES, type Placed } from '../harness/places.ts'
import { serve, type AppSpec } from '../harness/serve.ts'

const FILES = {
  'caller.js': `
    const say = async (work) => {
      try { return await work() }
      catch (error) { return Response.json({ name: error.name, message: error.message, code: error.code ?? null, own: error instanceof Error }) }
    }
    const ways = {
      plain: (env, request) => env.OTHER.fetch(request),
      url: (env) => env.OTHER.fetch('https://other.example/echo?x=1', { method: 'POST', body: 'hello', headers: { 'x-a': '1', 'cdn-loop': 'forged' }, cf: { colo: 'X' } }),
      named: (env) => env.NAMED.fetch('https://x.example/name'),
      object: (env) => env.OBJECT.fetch('https://x.example/'),
      unnamed: (env) => env.UNNAMED.fetch('https://x.example/'),
      missing: (env) => env.MISSING.fetch('https://x.example/'),
      throws: (env) => env.OTHER.fetch('https://x.example/throws'),
      custom: (env) => env.OTHER.fetch('https://x.example/custom'),
      nothing: (env) => env.OTHER.fetch('https://x.example/nothing'),
      hangs: (env) => env.OTHER.fetch('https://x.example/hangs'),
      redirect: (env) => env.OTHER.fetch('https://x.example/redirect'),
      manual: (env) => env.OTHER.fetch('https://x.example/redirect', { redirect: 'manual' }),
      scheme: (env) => env.OTHER.fetch('ftp://x.example/'),
      kinds: async (env) => Response.json([typeof env.OTHER.fetch, String(env.OTHER), Object.keys(env)]),
      async status(env) {
        const response = await env.OTHER.fetch('https://x.example/status')
        return Response.json([response.status, response.statusText, response.ok, response.url, [...response.headers], await response.text()])
      },
      async large(env) {
        const size = 3_000_000
        const response = await env.OTHER.fetch('https://x.example/size', { method: 'POST', body: new Uint8Array(size).fill(7) })
        return Response.json([size, await response.json()])
      },
      async upload(env) {
        let sent = 0
        const body = new ReadableStream({ pull(c) { if (sent++ < 40) c.enqueue(new Uint8Array(50_000).fill(sent)); else c.close() } })
        const response = await env.OTHER.fetch('https://x.example/size', { method: 'POST', body })
        return Response.json(await response.json())
      },
      async slow(env) {
        // the callee may not run ahead of whoever reads
        const response = await env.OTHER.fetch('https://x.example/endless')
        const reader = response.body.getReader()
        for (let i = 0; i < 3; i++) await reader.read()
        await scheduler.wait(50)
        const made = await (await env.OTHER.fetch('https://x.example/made')).json()
        await reader.cancel('enough')
        await scheduler.wait(50)
        return Response.json([made, await (await env.OTHER.fetch('https://x.example/made')).json()])
      },
      async abort(env) {
        const controller = new AbortController()
        const pending = env.OTHER.fetch('https://x.example/waits', { signal: controller.signal })
        await scheduler.wait(50)
        controller.abort(new Error('no longer'))
        return await pending
      },
      async broken(env) {
        const response = await env.OTHER.fetch('https://x.example/broken')
        return new Response(await response.text())
      },
      parallel: async (env) => Response.json(await Promise.all(Array.from({ length: 20 }, async (_, i) => (await env.OTHER.fetch('https://x.example/echo?' + i)).json().then(({ url }) => url)))),
      async loop(env, request) {
        const depth = Number(new URL(request.url).searchParams.get('depth'))
        try {
          const response = await env.SELF.fetch('https://x.example/loop?depth=' + (depth + 1))
          return new Response(response.body, response)
        } catch (error) { return Response.json([depth, error.code, error.message]) }
      },
      async many(env) {
        let made = 0
        try { for (;;) { await env.OTHER.fetch('https://x.example/echo'); made++ } }
        catch (error) { return Response.json([made, error.code]) }
      },
      async cpu(env) {
        for (let i = 0; i < 16; i++) await (await env.OTHER.fetch('https://x.example/burn')).text()
        return new Response('went through')
      },
      stream: (env) => env.OTHER.fetch('https://x.example/endless'),
    }
    export default { fetch: (request, env, ctx) => say(() => ways[new URL(request.url).pathname.slice(1)](env, request, ctx)) }
    export const plainObject = { fetch: (request, env, ctx) => Response.json([new URL(request.url).pathname, ctx.props, env.TEXT]) }`,
  'other.js': `
    import { WorkerEntrypoint } from 'cloudflare:workers'
    let made = 0
    let cancelled = []
    const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    export default {
      async fetch(request, env, ctx) {
        const { pathname } = new URL(request.url)
        if (pathname === '/throws') throw new TypeError('refused\\non purpose')
        if (pathname === '/custom') throw Object.assign(new Error('own'), { name: 'OwnError' })
        if (pathname === '/nothing') return undefined
        if (pathname === '/hangs') return new Promise(() => {})
        if (pathname === '/redirect') return Response.redirect('https://x.example/echo?redirected', 302)
        if (pathname === '/status') return new Response('the text', { status: 418, statusText: 'Teapot', headers: { 'x-b': '2', 'set-cookie': 'a=1' } })
        if (pathname === '/size') {
          let size = 0, sum = 0
          for await (const chunk of request.body) { size += chunk.length; sum += chunk[0] }
          return Response.json(size)
        }
        if (pathname === '/endless') return new Response(new ReadableStream({ pull(c) { made++; c.enqueue(new Uint8Array(30_000)) }, cancel(reason) { cancelled.push(String(reason)) } }))
        if (pathname === '/made') return Response.json([made, cancelled.length])
        if (pathname === '/waits') { request.signal.addEventListener('abort', () => cancelled.push('aborted')); await later(10_000); return new Response('late') }
        if (pathname === '/broken') return new Response(new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('part')) }, async pull(c) { await later(10); c.error(new RangeError('broke')) } }))
        if (pathname === '/burn') { for (const end = performance.now(); performance.now() === end && made++ % 40_000 !== 39_999;); return new Response('burnt') }
        return Response.json({ url: request.url, method: request.method, headers: Object.fromEntries(request.headers), cf: request.cf ?? null, props: ctx.props, text: await request.text() })
      },
    }
    export class Named extends WorkerEntrypoint {
      fetch(request) { return Response.json([new URL(request.url).pathname, this.ctx.props, this.env.NAME]) }
    }`,
}

const SERVICES = [
  { binding: 'OTHER', service: 'other' },
  { binding: 'NAMED', service: 'other', entrypoint: 'Named', props: { a: [1] } },
  { binding: 'OBJECT', service: 'caller', entrypoint: 'plainObject' },
  { binding: 'UNNAMED', service: 'other', entrypoint: 'Unnamed' },
  { binding: 'MISSING', service: 'missing' },
  { binding: 'SELF', service: 'caller' },
]

let sources: SourceDir
beforeAll(() => {
  sources = createSourceDir(FILES)
})
afterAll(() => sources[Symbol.dispose]())

const toApps = (): AppSpec[] => [
  {
    name: 'caller',
    path: sources.at('caller.js'),
    env: { TEXT: 'text' },
    services: SERVICES,
    subrequests: 30,
  },
  { name: 'other', path: sources.at('other.js'), env: { NAME: 'the other' }, timeout_ms: 2000 },
]

describe.each(PLACES)('$name', ({ missing, open: place, name }) => {
  if (missing !== undefined) return test.skip('is not run')
  let placed: Placed
  const ask = (path: string, request = {}): Promise<Answer> => placed.caller.send('caller', path, request)
  beforeAll(async () => {
    placed = await place(toApps())
  })
  afterAll(() => placed[Symbol.asyncDispose]())

  test('a request goes on to the other app as it came, and its answer comes back', async () => {
    const { status, text, headers } = await ask('/plain?q', {
      method: 'POST',
      body: 'said',
      headers: { 'x-own': 'yes' },
    })
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    expect(JSON.parse(text)).toMatchObject({
      url: expect.stringMatching(/^http:\/\/caller.*\/plain\?q$/),
      method: 'POST',
      headers: { 'x-own': 'yes', 'cf-connecting-ip': '127.0.0.1' },
      cf: { httpProtocol: 'HTTP/1.1' },
      text: 'said',
      props: {},
    })
  })

  test('a request of its own: URL, method, body, headers, cf', async () => {
    const { headers, ...rest } = (await ask('/url')).json()
    expect(rest).toEqual({
      url: 'https://other.example/echo?x=1',
      method: 'POST',
      cf: { colo: 'X' },
      text: 'hello',
      props: {},
    })
    expect(headers).toMatchObject({ 'x-a': '1', 'content-type': 'text/plain;charset=UTF-8' })
    expect(headers).not.toHaveProperty('cdn-loop')
  })

  test('status, status text and headers of the answer', async () => {
    const [status, statusText, ok, url, headers, text] = (await ask('/status')).json<unknown[]>()
    expect([status, statusText, ok, url, text]).toEqual([
      418,
      'Teapot',
      false,
      'https://x.example/status',
      'the text',
    ])
    expect(headers).toEqual(
      expect.arrayContaining([
        ['x-b', '2'],
        ['set-cookie', 'a=1'],
      ]),
    )
  })

  test('named entrypoints, with props and an env of their own', async () => {
    expect((await ask('/named')).json()).toEqual(['/name', { a: [1] }, 'the other'])
    expect((await ask('/object')).json()).toEqual(['/', {}, 'text'])
    expect((await ask('/unnamed')).json()).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('no entrypoint "Unnamed"'),
    })
    expect((await ask('/missing')).json()).toMatchObject({
      code: 'CALL_UNKNOWN',
      message: expect.stringContaining('"missing"'),
    })
  })

  test('what the other app throws is thrown here; what the host refuses has a code', async () => {
    expect((await ask('/throws')).json()).toEqual({
      name: 'TypeError',
      message: 'refused\non purpose',
      code: null,
      own: true,
    })
    expect((await ask('/custom')).json()).toMatchObject({
      message: expect.stringContaining('own'),
      own: true,
    })
    expect((await ask('/nothing')).json()).toMatchObject({ code: 'APP_BAD_RESPONSE' })
    expect((await ask('/hangs')).json()).toMatchObject({ code: 'APP_HUNG' })
    expect((await ask('/broken')).json()).toMatchObject({ name: 'RangeError', message: 'broke' })
    expect((await ask('/scheme')).json()).toMatchObject({ name: 'TypeError' })
  })

  test('bodies are streamed both ways, at the pace of whoever is slower', async () => {
    expect((await ask('/large')).json()).toEqual([3_000_000, 3_000_000])
    expect((await ask('/upload')).json()).toEqual(2_000_000)
    const [[before], [after, cancelled]] = (await ask('/slow')).json<[number[], number[]]>() as [
      [number],
      [number, number],
    ]
    expect(before).toBeLessThan(30)
    expect(after).toBe(before)
    expect(cancelled).toBe(1)
  })

  test('who aborts is rejected with the reason', async () => {
    expect((await ask('/abort')).json()).toMatchObject({ message: 'no longer' })
  })

  test('a client that goes takes its call along', async () => {
    const made = async (): Promise<number[]> => {
      const shown = await placed.others.send('other', '/made')
      return shown.json()
    }
    const body = await open(placed.caller.port, { host: 'caller', path: '/stream' })
    for await (const _ of body) break
    body.destroy()
    if (name !== 'on 3 shards') await expect.poll(made).toEqual([expect.any(Number), 3])
  })

  test('redirects are followed within the app that is called', async () => {
    expect((await ask('/redirect')).json()).toMatchObject({ url: 'https://x.example/echo?redirected' })
    expect((await ask('/manual')).status).toBe(302)
  })

  test('many at once', async () => {
    expect((await ask('/parallel')).json()).toEqual(
      Array.from({ length: 20 }, (_, i) => `https://x.example/echo?${i}`),
    )
  })

  test('a loop ends at its depth, and a request at its calls', async () => {
    expect((await ask('/loop?depth=0')).json()).toEqual([
      16,
      'CALL_DEPTH',
      expect.stringContaining('at most 16 calls'),
    ])
    expect((await ask('/many')).json()).toEqual([30, 'CALL_LIMIT'])
  })
})

test('the next call goes to the version that is served then', async () => {
  await using served = await serve(toApps(), 2)
  const ask = async (): Promise<unknown> => (await served.send('caller', '/named')).json()
  expect(await ask()).toEqual(['/name', { a: [1] }, 'the other'])
  await served.put({ ...toApps()[1]!, env: { NAME: 'another' } })
  expect(await ask()).toEqual(['/name', { a: [1] }, 'another'])
})

test('what is called is paid for by whoever calls', async () => {
  await using served = await serve([{ ...toApps()[0]!, cpu_ms: 100, subrequests: 1000 }, toApps()[1]!])
  const { status, text } = await served.send('caller', '/cpu')
  expect(status, text).toBe(503)
  expect(text).toContain('APP_CPU_LIMIT')
})
