/** A project with a wrangler file, as it is: developed, served, and the commands of the page for whoever migrates. */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { toAsk, TOKEN } from '../harness/admin.ts'
import { startDev } from '../harness/dev.ts'
import { readCommands, runLine, writeProgram } from '../harness/page.ts'
import { ROOT, serve, waitFor } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-wrangler-'))
const shop = join(folder, 'shop')
const bin = join(folder, 'bin')
afterAll(() => rmSync(folder, { recursive: true }))

const WRANGLER = {
  name: 'shop',
  main: 'src/index.ts',
  compatibility_date: '2026-01-01',
  compatibility_flags: ['nodejs_compat'],
  route: 'shop.example/*',
  vars: { CURRENCY: 'EUR' },
  kv_namespaces: [{ binding: 'KV', id: 'b1f0' }],
  d1_databases: [{ binding: 'DB', database_name: 'shop-db', database_id: '3c4d' }],
  assets: { directory: 'public', binding: 'ASSETS' },
  triggers: { crons: ['0 9 * * *'] },
  limits: { cpu_ms: 5000 },
  build: { command: 'echo once >> built.txt' },
  define: { VERSION: '"1"' },
  env: {
    staging: { vars: { CURRENCY: 'USD' }, define: { VERSION: '"2"' }, kv_namespaces: [{ binding: 'KV' }] },
  },
}
const INDEX = `
export default {
  async fetch(_request: Request, env: any) {
    const rows = await env.DB?.prepare('SELECT count(*) AS n FROM t').first('n').catch((error: Error) => error.message)
    await env.KV.put('key', 'kept')
    return Response.json([VERSION, env.CURRENCY, env.SECRET ?? null, rows ?? null, await env.KV.get('key')])
  },
}
declare const VERSION: string
`

function write(path: string, content: string | object): void {
  const file = join(shop, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
}

function nano(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'host/main.ts'), ...args], { cwd: shop }, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

beforeAll(() => {
  writeProgram(bin)
  write('package.json', {})
  write('wrangler.jsonc', WRANGLER)
  write('src/index.ts', INDEX)
  write('public/page.html', '<p>page</p>')
  write('migrations/0001_t.sql', 'CREATE TABLE t (a)')
  write('.dev.vars', 'SECRET=of-dev\n')
})

test(
  'dev serves it with its data, and says what of it does not hold',
  { timeout: 120_000 },
  async ({ expect }) => {
    expect(await nano('d1', 'migrations', 'apply', 'shop-db')).toMatchObject({
      status: 0,
      out: 'applied 0001_t.sql\n',
    })
    await using dev = await startDev(shop, '--run-build')
    await dev.answered(200, '["1","EUR","of-dev",0,"kept"]')
    expect((await dev.ask('/page')).text).toBe('<p>page</p>')
    expect(readFileSync(join(shop, 'built.txt'), 'utf8')).toBe('once\n')
    expect(dev.log()).not.toMatch(/ warn +\[/)
    write('.dev.vars', 'SECRET=another\n')
    await dev.answered(200, '["1","EUR","another",0,"kept"]')
    write('wrangler.jsonc', { ...WRANGLER, define: { VERSION: '"3"' }, quues: { x: 1 }, build: {} })
    await dev.answered(200, '["3","EUR","another",0,"kept"]')
    await waitFor(
      () =>
        /warn +\[shop\] .*quues: NANO does not know this key; did you mean "queues"/.test(dev.log()) ||
        undefined,
    )
    write('wrangler.jsonc', '{ "main": }')
    await dev.answered(500, /^WRANGLER_INVALID\n\n.*wrangler\.jsonc:1:11: value expected/)
    write('wrangler.jsonc', WRANGLER)
    await dev.answered(200, '["1","EUR","another",0,"kept"]')
    expect(await dev.stop()).toBe(0)
  },
)

test(
  'a broken build.command ends the build, and runs for nobody who does not ask',
  { timeout: 60_000 },
  async ({ expect }) => {
    rmSync(join(shop, 'built.txt'), { force: true })
    write('wrangler.jsonc', { ...WRANGLER, build: { command: 'echo once >> built.txt; exit 3' } })
    const { status, err } = await nano('build', '.', '-o', 'x.wasm', '--run-build')
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/BUILD_FAILED: .*build\.command: .*: it ended with status 3/),
    ])
    rmSync(join(shop, 'built.txt'))
    const plain = await nano('build', '.', '-o', 'x.wasm')
    expect([plain.status, plain.err]).toEqual([
      0,
      expect.stringContaining('build: the command was not run; --run-build'),
    ])
    expect(existsSync(join(shop, 'built.txt'))).toBe(false)
    write('wrangler.jsonc', WRANGLER)
    expect((await nano('build', 'src', '-o', 'x.wasm', '--env', 'gone')).err).toMatch(
      /WRANGLER_INVALID: .*wrangler\.jsonc:\d+:\d+: env: expected an environment "gone", got staging/,
    )
  },
)

test('the page for whoever migrates', { timeout: 240_000 }, async ({ expect }) => {
  const lines = readCommands('tenants/from-wrangler.md')
  expect(lines.length).toBeGreaterThan(5)
  await using server = await serve([], 1, {
    admin: { port: 0 },
    adminToken: TOKEN,
    dataDirectory: join(folder, 'data'),
  })
  const env = { NANO_ADMIN_URL: server.adminUrl, NANO_ADMIN_TOKEN: TOKEN }
  await runLine('nano-workers types', { cwd: shop, bin, env })
  for (const line of lines) {
    // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
    expect(await runLine(line, { cwd: shop, bin, env }), line).toBe('')
  }
  expect((await server.send('shop.example', '/')).text).toBe(
    '["1","EUR",null,"D1_ERROR: no such table: t: SQLITE_ERROR","kept"]',
  )
  expect((await server.send('shop.example', '/page')).text).toBe('<p>page</p>')
  expect((await server.send('shop-staging', '/')).text).toBe('["2","USD",null,null,"kept"]')
  // what the file does not know of stays; what it knows of follows it
  const ask = toAsk(server)
  const put = await ask('PUT', '/admin/apps/shop', {
    form: { settings: '{ "memory_mb": 256, "env": { "OLD": "1" } }' },
  })
  expect(put.status).toBe(200)
  expect(await runLine('nano-workers deploy', { cwd: shop, bin, env })).toBe('')
  const shown = (await ask('GET', '/admin/apps/shop')).json<{ env: string[] }>()
  expect(shown).toMatchObject({
    hostname: 'shop.example',
    limits: { memory_mb: 256, cpu_ms: 5000 },
    env: expect.arrayContaining(['CURRENCY', 'KV', 'DB', 'ASSETS']),
  })
  expect(shown.env).not.toContain('OLD')
})
