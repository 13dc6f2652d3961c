/** The admin API: what it deploys, lists, gives back and refuses. Who may use it is in admin-access.test.ts. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import { afterAll, describe, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { codeOf, keepAlive } from '../harness/http.ts'
import type { Answer } from '../harness/http.ts'
import { fixture, fixtureSource, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-admin-'))
let folders = 0
const FILE = { name: 'file', hostname: 'file.test', path: fixture('version') }
const COMPONENT = readFileSync(fixture('version'))

afterAll(() => rmSync(folder, { recursive: true }))

const open = (dataDirectory = join(folder, `${++folders}`)): Promise<Served> =>
  serve([FILE], 1, { admin: { port: 0 }, adminToken: TOKEN, dataDirectory })

/** A deploy as a form. */
const put = (ask: Ask, name: string, version: string, more: { query?: string; headers?: object } = {}) =>
  ask('PUT', `/admin/apps/${name}${more.query ?? ''}`, {
    form: {
      settings: JSON.stringify({ hostname: `${name}.test`, env: { VERSION: version } }),
      component: COMPONENT,
    },
    headers: { ...more.headers },
  })

async function versionOf(server: Served, host: string): Promise<string> {
  const { status, text } = await server.send(host, '/')
  return status === 200 ? text.split(' ', 1)[0]! : `${status}`
}

const toRefusal = (answer: Answer) => {
  const { error } = answer.json<{ error: { code: string; message: string; blame: string } }>()
  return `${answer.status} ${error.code} ${error.blame}: ${error.message}`
}

describe('a deploy', () => {
  test('serves when it is answered, says what changed, and is the same when it comes again', async ({
    expect,
  }) => {
    await using server = await open()
    const ask = toAsk(server)
    const first = await put(ask, 'a', 'one')
    expect(first.json()).toMatchObject({
      app: 'a',
      hostname: 'a.test',
      version: 1,
      serves: true,
      engine_changed: false,
      changes: [],
      warnings: [],
      component_bytes: COMPONENT.length,
    })
    expect(await versionOf(server, 'a.test')).toBe('one')
    const second = await put(ask, 'a', 'two')
    expect(second.json()).toMatchObject({ version: 2, previous: 1, changes: [{ key: 'env.VERSION' }] })
    expect(second.text).not.toContain('two')
    expect(await versionOf(server, 'a.test')).toBe('two')
    const again = await put(ask, 'a', 'two')
    expect([again.json()['version'], again.headers.etag]).toEqual([2, second.headers.etag])
    expect(await server.logged('[a]', 'deployed by NANO_ADMIN_TOKEN: version 2')).toBeDefined()
  })

  test('may be the component alone, chunked or not, or settings alone', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    const settings = encodeURIComponent(JSON.stringify({ env: { VERSION: 'raw' } }))
    const raw = await ask('PUT', `/admin/apps/a?hostname=A.test&settings=${settings}`, {
      body: Readable.from([COMPONENT.subarray(0, 100_000), COMPONENT.subarray(100_000)]),
    })
    expect(raw.json()).toMatchObject({ version: 1, hostname: 'a.test' })
    expect(await versionOf(server, 'a.test')).toBe('raw')
    const other = await ask('PUT', '/admin/apps/a', { json: { env: { VERSION: 'json' }, cpu_ms: 300 } })
    expect(other.json()).toMatchObject({
      version: 2,
      hostname: 'a.test',
      changes: [{ key: 'cpu_ms', now: 300 }, { key: 'env.VERSION' }],
    })
    expect(await versionOf(server, 'a.test')).toBe('json')
    const same = await ask('PUT', '/admin/apps/a', {
      body: COMPONENT,
      headers: { 'content-type': 'application/wasm' },
    })
    expect([same.json()['version'], await versionOf(server, 'a.test')]).toEqual([2, 'json'])
  })

  test('without traffic waits to be promoted, and what served before comes back', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    await put(ask, 'a', 'one')
    const idle = await put(ask, 'a', 'two', { query: '?traffic=none' })
    expect([idle.json()['serves'], await versionOf(server, 'a.test')]).toEqual([false, 'one'])
    const promoted = await ask('POST', '/admin/apps/a/promote', { json: { version: 2 } })
    expect(promoted.json()).toMatchObject({ version: 2, previous: 1, serves: true })
    expect(await versionOf(server, 'a.test')).toBe('two')
    const back = await ask('POST', '/admin/apps/a/rollback')
    expect([back.json()['version'], await versionOf(server, 'a.test')]).toEqual([1, 'one'])
    const none = await ask('POST', '/admin/apps/a/rollback')
    expect(toRefusal(none)).toMatch(/^404 VERSION_UNKNOWN operator: app a has no version before 1/)
    const forth = await ask('POST', '/admin/apps/a/rollback', { json: { version: 2 } })
    expect(forth.json()['version']).toBe(2)
  })

  test('overwrites nothing that its sender has not seen', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    const etag = (await put(ask, 'a', 'one', { headers: { 'if-none-match': '*' } })).headers.etag!
    const taken = await put(ask, 'a', 'x', { headers: { 'if-none-match': '*' } })
    expect(toRefusal(taken)).toMatch(/^412 APP_CHANGED client: expected something other than \*/)
    const both = await Promise.all(
      ['two', 'three'].map((version) => put(ask, 'a', version, { headers: { 'if-match': etag } })),
    )
    expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 412])
    const lost = await ask('DELETE', '/admin/apps/a', { headers: { 'if-match': etag } })
    expect(toRefusal(lost)).toMatch(/^412 APP_CHANGED client: expected "1-\w+", got "2-\w+"/)
    expect((await ask('GET', '/admin/apps/a/versions')).json()['versions']).toHaveLength(2)
  })

  test('that is no good is refused with what is wrong, and nothing has changed', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    await put(ask, 'a', 'one')
    const refused = async (path: string, sent: Parameters<Ask>[2]): Promise<string> =>
      toRefusal(await ask('PUT', `/admin/apps/${path}`, sent))
    const wasm = { 'content-type': 'application/wasm' }
    expect(await refused('a', { body: 'no wasm', headers: wasm })).toMatch(/^422 COMPONENT_INVALID tenant/)
    expect(await refused('a', { json: { cpu_ms: 'much', zzz: 1 } })).toMatch(
      /^422 SETTINGS_INVALID operator: cpu_ms: expected a whole number from 1 to 60000, got "much"\nunknown key "zzz"/,
    )
    expect(await refused('a', { json: { hostname: 'file.test' } })).toMatch(/^409 APP_CONFLICT/)
    expect(await refused('b', { json: {} })).toMatch(/^400 REQUEST_INVALID client: app b has no version yet/)
    expect(await refused('file', { body: COMPONENT, headers: wasm })).toMatch(
      /^409 APP_CONFLICT operator: app file stands in the configuration file; change it there/,
    )
    expect(await refused('a', { body: '{', headers: { 'content-type': 'application/json' } })).toMatch(
      /^400 REQUEST_INVALID/,
    )
    expect(await refused('a', { body: 'x', headers: { 'content-type': 'text/plain' } })).toMatch(
      /^400 REQUEST_INVALID client: expected Content-Type application\/wasm.*, got text\/plain/,
    )
    expect(await refused('-', { json: {} })).toMatch(/^400 REQUEST_INVALID client: name: expected letters/)
    expect(await refused('a?traffic=some', { json: {} })).toMatch(/^400 REQUEST_INVALID client: traffic/)
    const proto = await refused('a', {
      body: '{"__proto__":{"cpu_ms":1}}',
      headers: { 'content-type': 'application/json' },
    })
    expect(proto).toMatch(/^422 SETTINGS_INVALID/)
    expect(await versionOf(server, 'a.test')).toBe('one')
    expect((await ask('GET', '/admin/apps/a/versions')).json()['versions']).toHaveLength(1)
  })

  test('that is too large is refused before it is read', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    const headers = { 'content-length': 1024 ** 3, 'content-type': 'application/wasm' }
    // a connection that is to close does so with what is unread, and its reset can overtake the answer
    const agent = keepAlive(1)
    const large = await ask('PUT', '/admin/apps/a', { body: Readable.from([COMPONENT]), headers, agent })
    expect(toRefusal(large)).toMatch(/^413 BODY_TOO_LARGE/)
    const part = Buffer.alloc(4 * 1024 * 1024)
    const body = Readable.from(Array.from({ length: 30 }, () => part))
    const type = { 'content-type': 'application/wasm' }
    const cut = await ask('PUT', '/admin/apps/a', { body, headers: type, agent: keepAlive(1) })
    agent.destroy()
    expect(codeOf(cut)).toBe('BODY_TOO_LARGE')
  })

  test('with a source map that is no good is served, and says so', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    const form = { component: COMPONENT, source_map: Buffer.from('{"version":3,"sections":[]}') }
    const answer = await ask('PUT', '/admin/apps/a?hostname=a.test', { form })
    expect(answer.json()['warnings']).toEqual([expect.stringContaining('not a plain map')])
    expect(await versionOf(server, 'a.test')).toBe('none')
  })
})

describe("NANO's own calls", () => {
  test('deploy what lies on the server, and delete by host name', async ({ expect }) => {
    await using server = await open()
    const ask = toAsk(server)
    const body = { hostname: 'shop.test', path: fixture('version'), timeout_ms: 1000, memory_mb: 128 }
    const made = await ask('POST', '/admin/apps', { json: { ...body, env: { VERSION: 'one' } } })
    expect([made.status, made.json()]).toMatchObject([201, { success: true, app: 'shop.test', version: 1 }])
    expect(await versionOf(server, 'shop.test')).toBe('one')
    const again = await ask('POST', '/admin/apps', { json: body })
    expect(toRefusal(again)).toMatch(/^409 APP_CONFLICT operator: there is an app "shop.test"; use PUT/)
    const taken = await ask('POST', '/admin/apps', { json: { ...body, name: 'other' } })
    expect(toRefusal(taken)).toMatch(/^409 APP_CONFLICT .*the host name shop.test is taken/)
    const source = await ask('POST', '/admin/apps', {
      json: { name: 'built', hostname: 'built.test', path: fixtureSource('version') },
    })
    expect(source.json()).toMatchObject({ success: true, app: 'built' })
    const missing = await ask('POST', '/admin/apps', { json: { hostname: 'x.test' } })
    expect(toRefusal(missing)).toMatch(/^400 REQUEST_INVALID client: path/)
    expect((await ask('DELETE', '/admin/apps?hostname=SHOP.test')).json()).toEqual({ success: true })
    expect(await versionOf(server, 'shop.test')).toBe('404')
    expect(toRefusal(await ask('DELETE', '/admin/apps'))).toMatch(/^400 REQUEST_INVALID client: hostname/)
    expect(codeOf(await ask('DELETE', '/admin/apps?hostname=shop.test'))).toBe('APP_UNKNOWN')
    expect(codeOf(await ask('DELETE', '/admin/apps?hostname=file.test'))).toBe('APP_CONFLICT')
    const wrong = await ask('PATCH', '/admin/apps')
    expect([wrong.status, codeOf(wrong)]).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect((await ask('GET', '/admin/health')).json()).toEqual({ status: 'ok', admin: true })
  })
})

describe('what is known', () => {
  test('of all apps and of one: limits, versions, instances, memory, last errors, and no secrets', async ({
    expect,
  }) => {
    await using server = await open()
    const ask = toAsk(server)
    await ask('PUT', '/admin/apps/a?hostname=a.test', {
      form: {
        settings: JSON.stringify({
          env: { PASSWORD: 'sesame' },
          timeout_ms: 700,
          egress: { deny: ['x.test'] },
        }),
        component: readFileSync(fixture('faults')),
      },
    })
    expect((await server.send('a.test', '/throw')).status).toBe(500)
    await server.logged('[a@1 ', 'thrown at once')
    const { apps } = (await ask('GET', '/admin/apps')).json<{ apps: object[] }>()
    expect(apps).toEqual([
      expect.objectContaining({
        name: 'a',
        owner: 'deployed',
        state: 'serving',
        version: 1,
        timeout_ms: 700,
      }),
      expect.objectContaining({ name: 'file', owner: 'file', path: FILE.path, live_instances: 0 }),
    ])
    const list = async (query: string) => {
      const { apps: found, total } = (await ask('GET', `/admin/apps?${query}`)).json<{
        apps: { name: string }[]
        total?: number
      }>()
      return [found.map(({ name }) => name), total]
    }
    expect(await list('limit=1')).toEqual([['a'], 2])
    expect(await list('search=FILE')).toEqual([['file'], undefined])
    expect(await list('search=a.test&limit=5')).toEqual([['a'], 1])
    expect((await ask('GET', '/admin/apps?limit=many')).status).toBe(400)
    const one = await ask('GET', '/admin/apps/a')
    const { answer_times: times } = one.json<{ answer_times: { bounds_ms: number[]; counts: number[] } }>()
    expect(times.counts.length).toBe(times.bounds_ms.length + 1)
    expect(times.counts.reduce((sum, count) => sum + count, 0)).toBe(1)
    expect(one.json()).toMatchObject({
      answers: 1,
      server_errors: 1,
      name: 'a',
      hostname: 'a.test',
      live_instances: 1,
      requests: 1,
      errors: 1,
      limits: { timeout_ms: 700, memory_mb: 128 },
      egress: { deny: ['x.test'] },
      env: ['PASSWORD'],
      versions: [{ version: 1, serves: true }],
      last_errors: [{ text: expect.stringContaining('thrown at once') }],
    })
    expect(one.json<{ memory_percent: number }>().memory_percent).toBeGreaterThan(0)
    expect(one.headers.etag).toMatch(/^"1-/)
    expect(one.text).not.toContain('sesame')
    expect((await ask('GET', '/admin/apps/file')).json()).toMatchObject({ versions: [], owner: 'file' })
    expect(toRefusal(await ask('GET', '/admin/apps/nobody'))).toMatch(
      /^404 APP_UNKNOWN operator: there is no/,
    )
  })

  test('a component comes back byte for byte, after a restart too', async ({ expect }) => {
    const directory = join(folder, `${++folders}`)
    const other = readFileSync(fixture('mirror'))
    {
      await using server = await open(directory)
      const ask = toAsk(server)
      await put(ask, 'a', 'one')
      await ask('PUT', '/admin/apps/a', { form: { component: other } })
    }
    await using server = await open(directory)
    const ask = toAsk(server)
    for (const [version, bytes] of [COMPONENT, other].entries()) {
      const answer = await ask('GET', `/admin/apps/a/versions/${version + 1}/component`)
      expect(answer.headers['content-type']).toBe('application/wasm')
      expect(answer.body.equals(bytes)).toBe(true)
    }
    expect(codeOf(await ask('GET', '/admin/apps/a/versions/3/component'))).toBe('VERSION_UNKNOWN')
  })

  test('without a data directory everything is shown, and nothing can be deployed', async ({ expect }) => {
    await using server = await serve([FILE], 1, { admin: { port: 0 }, adminToken: TOKEN })
    const ask = toAsk(server)
    expect((await ask('GET', '/admin/apps')).json()['apps']).toHaveLength(1)
    expect(toRefusal(await put(ask, 'a', 'one'))).toMatch(/STORAGE_FAILED .*give serve --data-dir/)
  })
})
