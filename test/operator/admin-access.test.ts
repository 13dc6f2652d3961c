/** Who may use the admin API, and that nobody else does. What it does is in admin.test.ts. */

import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import type { NanoError } from '../../host/errors.ts'
import { Tokens } from '../../host/operator/admin/tokens.ts'
import { TOKEN, toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { codeOf, send } from '../harness/http.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-access-'))
let files = 0
const toPath = (): string => join(folder, `${++files}`)
const toFile = (text: string): string => {
  const file = toPath()
  writeFileSync(file, text)
  return file
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const FILE = { name: 'file', hostname: 'file.test', path: fixture('version') }
const COMPONENT = readFileSync(fixture('version'))
/** More than both sides keep for each other. */
const UPLOAD_BYTES = 12_000_000
const CI = 'a-token-for-the-shop'
const WATCH = 'a-token-that-only-reads'
const OTHER = 'a-token-for-another-app'

afterAll(() => rmSync(folder, { recursive: true }))

interface Operation {
  readonly method: string
  readonly path: string
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { security?: unknown }>>>>
}

describe('with tokens', () => {
  let server: Served
  let ask: Ask
  let operations: Operation[]

  beforeAll(async () => {
    const tokens = toFile(`
      # name  token                   scopes
      ci      ${CI}   deploy:shop,blog
      watch   sha256:${sha256(WATCH)} read
      other   ${OTHER} deploy:other
    `)
    server = await serve([FILE], 1, {
      admin: { port: 0, tokens_file: tokens },
      adminToken: TOKEN,
      dataDirectory: toPath(),
    })
    ask = toAsk(server)
    await ask('PUT', '/admin/apps/shop', {
      form: { component: COMPONENT, settings: JSON.stringify({ hostname: 'shop.test', cpu_ms: 500 }) },
    })
    const { paths } = (await ask('GET', '/admin/openapi.json')).json<Document>()
    operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        method: method.toUpperCase(),
        path: path.replace('{name}', 'shop').replace('{version}', '1'),
      })),
    )
  })
  afterAll(() => server.close())

  test('every operation is in the document, with a token, and refuses whoever has none, a wrong one, or one for less', async ({
    expect,
  }) => {
    expect(operations.length).toBeGreaterThanOrEqual(10)
    const others = [
      { method: 'GET', path: '/admin/openapi.json' },
      { method: 'GET', path: '/admin/health' },
      { method: 'GET', path: '/admin/nothing' },
      { method: 'TRACE', path: '/admin/apps' },
    ]
    for (const { method, path } of [...operations, ...others]) {
      for (const token of [null, 'a-token-of-nobody', `${TOKEN}x`, '']) {
        const answer = await ask(method, path, { token })
        if (method === 'TRACE') {
          expect([path, answer.status]).toEqual([path, 405])
          continue
        }
        // more wrong ones in a second than are looked at
        const status = answer.status === 429 ? 401 : answer.status
        expect([method, path, token, status]).toEqual([method, path, token, 401])
        if (answer.status === 401) expect(answer.headers['www-authenticate']).toContain('Bearer')
      }
    }
    // what they show is what the token may read
    const lists = new Set(['GET /admin/apps', 'GET /admin/logs'])
    for (const { method, path } of operations) {
      const query =
        method === 'DELETE' ? '?hostname=shop.test' : path.endsWith('/logs') ? '?follow=false' : ''
      const narrow = await ask(method, `${path}${query}`, {
        token: OTHER,
        ...(method === 'POST' ? { json: { version: 1, hostname: 'x.test', path: 'x' } } : {}),
      })
      const expected = lists.has(`${method} ${path}`) ? 200 : 403
      expect([method, path, narrow.status]).toEqual([method, path, expected])
    }
    expect((await ask('GET', '/admin/apps', { token: OTHER })).json()).toEqual({ apps: [] })
    expect((await ask('GET', '/admin/apps/shop')).json()).toMatchObject({ versions: [{ version: 1 }] })
  })

  test('one that reads sees every app, and neither code nor changes anything', async ({ expect }) => {
    const token = WATCH
    expect((await ask('GET', '/admin/apps', { token })).json()['apps']).toHaveLength(2)
    expect((await ask('GET', '/admin/apps/shop', { token })).status).toBe(200)
    expect((await ask('GET', '/admin/apps/shop/versions', { token })).status).toBe(200)
    const code = await ask('GET', '/admin/apps/shop/versions/1/component', { token })
    expect([code.status, code.json()]).toMatchObject([
      403,
      { error: { message: 'expected a token with scope deploy:shop for this, got watch' } },
    ])
    expect((await ask('POST', '/admin/apps/shop/rollback', { token })).status).toBe(403)
  })

  test('one for an app changes that app, but not what it may reach and use up', async ({ expect }) => {
    const token = CI
    const put = (name: string, settings: object) =>
      ask('PUT', `/admin/apps/${name}`, {
        token,
        form: { component: COMPONENT, settings: JSON.stringify(settings) },
      })
    const same = { hostname: 'shop.test', cpu_ms: 500 }
    expect((await put('shop', { ...same, env: { A: 'b' } })).json()).toMatchObject({
      version: 2,
      serves: true,
    })
    const own = { ...same, cpu_ms: 400, triggers: { crons: ['0 5 * * *'] } }
    expect((await put('shop', own)).json()).toMatchObject({ version: 3 })
    await ask('PUT', '/admin/apps/shop', { json: same })
    for (const [key, settings] of [
      ['egress', { ...same, egress: { private: true } }],
      ['cpu_ms', { ...same, cpu_ms: 60_000 }],
      ['hostname', { ...same, hostname: 'bank.test' }],
    ] as const) {
      const answer = await put('shop', settings)
      expect([answer.status, answer.text]).toEqual([
        403,
        expect.stringContaining(`expected a token with scope all to change ${key} of app shop, got ci`),
      ])
    }
    const calling = (service: string): object => ({ ...same, services: [{ binding: 'OTHER', service }] })
    const stranger = await put('shop', calling('other'))
    expect([stranger.status, stranger.text]).toEqual([
      403,
      expect.stringContaining('expected a token with scope deploy:other to call app other from shop, got ci'),
    ])
    expect((await put('blog', { hostname: 'bank.test' })).status).toBe(403)
    expect((await put('blog', {})).json()).toMatchObject({ version: 1, hostname: 'blog' })
    expect((await put('other', {})).status).toBe(403)
    expect((await ask('GET', '/admin/apps', { token })).json()).toMatchObject({
      apps: [{ name: 'blog' }, { name: 'shop' }],
    })
    await ask('PUT', '/admin/apps/shop', { json: { ...same, egress: { private: true } } })
    await ask('PUT', '/admin/apps/shop', { json: same })
    const back = await ask('POST', '/admin/apps/shop/rollback', { token })
    expect([back.status, back.text]).toEqual([403, expect.stringContaining('to change egress')])
    expect((await ask('DELETE', '/admin/apps/blog', { token })).status).toBe(200)
  })

  test('wrong ones are logged without them, and too many are put off, never the right one', async ({
    expect,
  }) => {
    const wrong = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        ask('GET', '/admin/apps', { token: `a-wrong-token-of-many-${i}` }),
      ),
    )
    const statuses = new Set(wrong.map(({ status }) => status))
    expect([...statuses].sort((a, b) => a - b)).toEqual([401, 429])
    expect(wrong.find(({ status }) => status === 429)?.headers['retry-after']).toBe('1')
    expect((await ask('GET', '/admin/apps')).status).toBe(200)
    const entries = server.log.filter((entry) =>
      entry.includes('a wrong token from 127.0.0.1: GET /admin/apps'),
    )
    expect(entries.length).toBeGreaterThan(0)
    expect(server.log.join()).not.toMatch(/a-wrong-token|a-token-of/)
  })

  test('the listener may be called anything, for a token is nothing that a browser sends by itself', async ({
    expect,
  }) => {
    expect((await ask('GET', '/admin/apps', { host: 'nano.internal' })).status).toBe(200)
    expect((await ask('GET', '/metrics', { host: 'nano.internal' })).status).toBe(421)
  })

  test('a body of somebody without a token is not read', async ({ expect }) => {
    const { port } = new URL(server.adminUrl!)
    const endless = request({ port, path: '/admin/apps/shop', method: 'PUT', headers: { host: 'localhost' } })
    endless.write('x')
    const answered = new Promise<number>((resolve, reject) => {
      endless.on('response', (answer) => resolve(answer.statusCode ?? 0)).on('error', reject)
    })
    const closed = new Promise((resolve) => endless.on('close', resolve))
    expect(await answered).toBe(401)
    await closed
  })

  test.for(['close', 'keep-alive'])(
    'an upload that is refused gets its answer, whoever reads it last (%s)',
    async (connection, { expect }) => {
      const { port } = new URL(server.adminUrl!)
      const head = (path: string, ...headers: string[]): string =>
        `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n` +
        `Content-Length: ${UPLOAD_BYTES}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`
      const refused: [status: number, head: string][] = [
        [401, head('/admin/apps/shop')],
        [403, head('/admin/apps/shop', `Authorization: Bearer ${OTHER}`)],
        [400, head('/admin/apps/shop', `Authorization: Bearer ${TOKEN}`, 'Content-Type: text/plain')],
        [404, head('/admin/nothing', `Authorization: Bearer ${TOKEN}`)],
        [405, head('/metrics')],
        [400, head('/metrics', 'Host: other')],
      ]
      for (const [status, text] of refused) {
        const socket = connect(Number(port), '127.0.0.1')
        socket.on('error', () => {})
        await new Promise((done) => socket.write(text + 'x'.repeat(UPLOAD_BYTES), done))
        let answer = ''
        for await (const part of socket) {
          answer += String(part)
          if (/\}\}(\r\n0\r\n\r\n)?$/.test(answer)) break
        }
        expect([text.slice(0, 40), Number(answer.split(' ', 2)[1])]).toEqual([text.slice(0, 40), status])
        expect(answer).toContain('{"error":{"code":')
      }
    },
  )

  test("tenants' host names and port never lead to it", async ({ expect }) => {
    for (const { method, path } of operations) {
      for (const host of ['shop.test', 'file.test', 'localhost', '127.0.0.1']) {
        const headers = { authorization: `Bearer ${TOKEN}` }
        const { text } = await server.send(host, path, { method, headers })
        // what an app answers, or nobody
        expect([method, path, host, text]).toEqual([
          method,
          path,
          host,
          expect.stringMatching(/^none \d+$|"HOST_UNKNOWN"/),
        ])
      }
    }
  })
})

describe('without tokens', () => {
  const open = (admin: object) => serve([FILE], 1, { admin, dataDirectory: toPath() })

  test('this machine may do everything, which is said at the start, and no page of a browser', async ({
    expect,
  }) => {
    await using server = await open({ port: 0 })
    const ask = toAsk(server)
    const asked = async (headers: Record<string, string>, host = 'localhost') =>
      (await ask('GET', '/admin/apps', { token: null, host, headers })).status
    const { port } = new URL(server.adminUrl!)
    expect(server.log.filter((entry) => entry.includes('admin: there is no token'))).toHaveLength(1)
    expect(await asked({})).toBe(200)
    expect(await asked({ origin: `http://localhost:${port}` }, `localhost:${port}`)).toBe(200)
    expect(await asked({ 'sec-fetch-site': 'same-origin' })).toBe(200)
    for (const origin of ['http://evil.test', 'null', 'http://localhost:1', 'file://']) {
      expect([origin, await asked({ origin })]).toEqual([origin, 421])
    }
    expect(await asked({ 'sec-fetch-site': 'cross-site' })).toBe(421)
    expect(await asked({}, 'evil.test')).toBe(421)
    expect(await asked({ 'x-forwarded-for': '192.0.2.1' })).toBe(401)
    const { paths } = (await ask('GET', '/admin/openapi.json', { token: null })).json<Document>()
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const headers = { origin: 'http://evil.test' }
        const answer = await ask(method.toUpperCase(), path, { token: null, headers })
        expect([method, path, answer.status, codeOf(answer)]).toEqual([method, path, 421, 'HOST_FORBIDDEN'])
      }
    }
  })

  const outer = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address

  test.skipIf(outer === undefined)('another machine may do nothing', async ({ expect }) => {
    await using server = await open({ host: '0.0.0.0', port: 0 })
    const port = Number(new URL(server.adminUrl!).port)
    const answer = await new Promise<number>((resolve, reject) => {
      request({ host: outer, port, path: '/admin/apps' }, ({ statusCode = 0 }) => resolve(statusCode))
        .on('error', reject)
        .end()
    })
    expect(answer).toBe(401)
    expect((await send(port, { host: 'localhost', path: '/admin/apps' })).status).toBe(200)
  })

  test('a Unix socket is for its owner alone, and one that was left makes room', async ({ expect }) => {
    const socket = toPath()
    const ask = () =>
      new Promise<number>((resolve, reject) => {
        request({ socketPath: socket, path: '/admin/apps' }, ({ statusCode = 0 }) => resolve(statusCode))
          .on('error', reject)
          .end()
      })
    {
      await using server = await open({ socket })
      expect(server.adminUrl).toBe(`unix:${socket}`)
      expect(await ask()).toBe(200)
      await expect(open({ socket })).rejects.toThrow(`cannot listen on ${socket}: another process has it`)
    }
    await using server = await open({ socket })
    expect([server.adminUrl, await ask()]).toEqual([`unix:${socket}`, 200])
  })
})

describe('a file of tokens', () => {
  const cases: [label: string, text: string, complaint: RegExp][] = [
    ['nothing', '# only this\n', /expected at least one token, got none/],
    ['a short token', 'a\nx short all', /:1: expected a token of at least 16 characters, got 0/],
    ['no scope', `\nci ${CI}`, /:2: expected a scope: .*; got none/],
    ['another scope', `ci ${CI} write`, /:1: expected a scope: .*; got "write"/],
    ['no app', `ci ${CI} deploy:`, /got "deploy:"/],
    ['a hash that is none', 'ci sha256:abc all', /:1: expected sha256: and 64 lower-case hex digits/],
  ]
  for (const [label, text, complaint] of cases) {
    test(`with ${label} is refused, and is not shown`, ({ expect }) => {
      const file = toFile(text)
      let error: NanoError | undefined
      try {
        void new Tokens({ file })
      } catch (thrown) {
        error = thrown as NanoError
      }
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(complaint) })
      expect(error?.message).not.toContain(CI)
    })
  }

  test('that is not there is said', ({ expect }) => {
    expect(() => new Tokens({ file: '/nowhere' })).toThrow(
      'admin.tokens_file: /nowhere cannot be read (ENOENT)',
    )
  })

  test('and the scheme: Bearer, in whatever case, and nothing else', ({ expect }) => {
    const tokens = new Tokens({ token: TOKEN })
    expect(tokens.find(`bearer  ${TOKEN} `)?.mayDeploy('x')).toBe(true)
    for (const text of [
      '',
      TOKEN,
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN} x`,
      `Bearer ${sha256(TOKEN)}`,
      'Bearer ',
    ]) {
      expect([text, tokens.find(text)]).toEqual([text, undefined])
    }
  })
})
