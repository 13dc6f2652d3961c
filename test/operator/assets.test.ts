/** Files of an app are deployed with its version: only what is missing is sent, and a version has its own. */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompressSync } from 'node:zlib'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { toAsk, TOKEN } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { fixture, ROOT, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const sha = (text: string) => createHash('sha256').update(text).digest('hex')
const toFile = (text: string) => ({ hash: sha(text), size: Buffer.byteLength(text) })
const SCRIPT = `let x = "${'again and again '.repeat(200)}"`

describe('files that are deployed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nano-assets-'))
  const data = join(folder, 'data')
  let server: Served
  let ask: Ask

  const start = async () => {
    server = await serve([], 1, { dataDirectory: data, admin: { port: 0 }, adminToken: TOKEN })
    ask = toAsk(server)
  }
  beforeAll(start)

  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })

  const missing = async (app: string, files: Record<string, object>) =>
    (await ask('POST', `/admin/apps/${app}/assets`, { json: { files } })).json<{ missing: string[] }>()
      .missing
  const send = (app: string, text: string) =>
    ask('PUT', `/admin/apps/${app}/assets/${sha(text)}`, {
      body: text,
      headers: { 'content-type': 'application/octet-stream' },
    })
  const deploy = (app: string, files: Record<string, object>, more: Record<string, string> = {}) =>
    ask('PUT', `/admin/apps/${app}`, {
      form: {
        assets: JSON.stringify({ files, ...more }),
        settings: JSON.stringify({ hostname: `${app}.test` }),
      },
    })

  test('what is missing is sent, once; without a component it is an app of files alone', async ({
    expect,
  }) => {
    const files = { '/index.html': toFile('one'), '/app.js': toFile(SCRIPT) }
    expect((await missing('site', files)).sort()).toEqual([sha('one'), sha(SCRIPT)].sort())
    expect((await deploy('site', files)).json()).toMatchObject({ error: { code: 'ASSETS_INVALID' } })
    expect((await send('site', 'one')).status).toBe(200)
    expect((await send('site', SCRIPT)).status).toBe(200)
    expect(await missing('site', files)).toEqual([])
    const report = await deploy('site', files, { headers: '/*\n  X-Version: 1\n' })
    expect([report.status, report.json()]).toEqual([
      200,
      expect.objectContaining({ version: 1, serves: true }),
    ])
    const answer = await server.send('site.test', '/')
    expect([answer.status, answer.text, answer.headers['x-version']]).toEqual([200, 'one', '1'])
    const coded = await server.send('site.test', '/app.js', { headers: { 'accept-encoding': 'br' } })
    expect(coded.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(coded.body).toString()).toBe(SCRIPT)
    expect((await server.send('site.test', '/none')).status).toBe(404)
  })

  test('a version has its own files, and gets them back', async ({ expect }) => {
    const files = { '/index.html': toFile('two'), '/new.txt': toFile('new') }
    for (const text of ['two', 'new']) await send('site', text)
    expect((await deploy('site', files)).json()).toMatchObject({ version: 2 })
    const read = async (path: string) => (await server.send('site.test', path)).text
    expect([await read('/'), await read('/new.txt'), await read('/app.js')]).toEqual(['two', 'new', ''])
    await ask('POST', '/admin/apps/site/rollback', { json: {} })
    expect([await read('/'), await read('/new.txt'), await read('/app.js')]).toEqual(['one', '', SCRIPT])
    await server.close()
    await start()
    expect([await read('/'), await read('/app.js')]).toEqual(['one', SCRIPT])
  })

  test('settings alone keep the files; a component beside them answers the rest', async ({ expect }) => {
    await send('both', 'both')
    const form = {
      component: readFileSync(fixture('assets')),
      assets: JSON.stringify({ files: { '/index.html': toFile('both') } }),
      settings: JSON.stringify({ hostname: 'both.test', assets: { binding: 'ASSETS' } }),
    }
    expect((await ask('PUT', '/admin/apps/both', { form })).status).toBe(200)
    expect((await server.send('both.test', '/')).text).toBe('both')
    expect((await server.send('both.test', '/asset?path=/')).json()).toMatchObject({
      status: 200,
      start: 'both',
    })
    const settings = { hostname: 'both.test', assets: { binding: 'ASSETS', run_worker_first: true } }
    expect((await ask('PUT', '/admin/apps/both', { json: settings })).status).toBe(200)
    expect((await server.send('both.test', '/')).text).toContain('render')
    expect((await server.send('both.test', '/asset?path=/')).json()).toMatchObject({ start: 'both' })
  })

  test('a restart reads no component', async ({ expect }) => {
    const hash = (await server.deployed.versions('both'))[0]!.component
    await server.close()
    const path = join(data, 'blobs', hash.slice(0, 2), hash)
    renameSync(path, `${path}.away`)
    await start()
    expect((await server.send('both.test', '/')).text).toContain('render')
    expect((await server.send('both.test', '/asset?path=/')).json()).toMatchObject({ start: 'both' })
    renameSync(`${path}.away`, path)
  })

  test.for<[string, object]>([
    ['a path that climbs', { files: { '/../x': toFile('one') } }],
    ['a path without a slash', { files: { x: toFile('one') } }],
    ['a hash that is none', { files: { '/x': { hash: '../../etc/passwd', size: 1 } } }],
    ['a file that is too large', { files: { '/x': { hash: sha('x'), size: 26 * 1024 * 1024 } } }],
    [
      'too many files',
      { files: Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`/${i}`, toFile('one')])) },
    ],
    ['no files', { files: [] }],
  ])('%s is refused', async ([, assets], { expect }) => {
    const answer = await ask('PUT', '/admin/apps/wrong', { form: { assets: JSON.stringify(assets) } })
    expect([answer.status, answer.json()]).toEqual([
      422,
      { error: expect.objectContaining({ code: 'ASSETS_INVALID' }) },
    ])
  })

  test('bytes that are not what they are called are refused', async ({ expect }) => {
    const answer = await ask('PUT', `/admin/apps/site/assets/${sha('one')}`, {
      body: 'other',
      headers: { 'content-type': 'application/octet-stream' },
    })
    expect(answer.json()).toMatchObject({ error: { code: 'ASSETS_INVALID' } })
    expect((await ask('PUT', '/admin/apps/site/assets/..%2f..%2fx', { body: 'x' })).status).toBe(400)
    expect(
      (await ask('PUT', `/admin/apps/site/assets/${sha('one')}`, { body: 'one', token: null })).status,
    ).toBe(401)
  })

  test('the command line sends a directory', async ({ expect }) => {
    const root = join(folder, 'public')
    mkdirSync(root)
    writeFileSync(join(root, 'index.html'), 'from the command line')
    const args = ['deploy', '--assets', root, '--name', 'cli', '--hostname', 'cli.test']
    const env = { ...process.env, NANO_ADMIN_URL: server.adminUrl, NANO_ADMIN_TOKEN: TOKEN }
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'host/bin.js'), ...args], {
      env,
    })
    expect(stdout).toContain('cli')
    expect((await server.send('cli.test', '/')).text).toBe('from the command line')
    expect(readdirSync(join(data, 'assets')).length).toBeGreaterThan(0)
  })
})
